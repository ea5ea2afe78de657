// nginx, one worker, keep-alive to the upstreams, nothing spilled to disk, buffers that suit large bodies
// (measured: four times the bytes per CPU second of the default ones).

import { join } from 'node:path'
import { nginxCommand } from '../support/nginx.js'

/** @param {{ dir: string, port: number, endpoints: string[], http2?: boolean }} options */
export function command({ dir, port, endpoints, http2 = false }) {
  return nginxCommand(
    join(dir, 'proxy-nginx'),
    `  upstream items {
${endpoints.map((url) => `    server ${new URL(url).host};`).join('\n')}
    keepalive 256;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=1024${http2 ? ' http2' : ''};
    location / {
      proxy_pass http://items;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_buffer_size 16k;
      proxy_buffers 8 64k;
      proxy_busy_buffers_size 128k;
      proxy_max_temp_file_size 0;
      proxy_request_buffering off;
    }
  }`,
  )
}
