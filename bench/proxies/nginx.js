// nginx, one worker, keep-alive to the upstreams, nothing spilled to disk, buffers that suit large bodies
// (measured: four times the bytes per CPU second of the default ones).

import { join } from 'node:path'
import { writeCertificate } from '../support/certificate.js'
import { nginxCommand } from '../support/nginx.js'

/** @param {{ dir: string, port: number, endpoints: string[], http2?: boolean, cached?: boolean, tls?: boolean }} options */
export function command({ dir, port, endpoints, http2 = false, cached = false, tls = false }) {
  const folder = join(dir, `proxy-nginx-${port}`)
  return nginxCommand(
    folder,
    `${cached ? `  proxy_cache_path ${folder}/cache keys_zone=kept:1m;\n` : ''}  upstream items {
${endpoints.map((url) => `    server ${new URL(url).host};`).join('\n')}
    keepalive 256;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=1024${http2 ? ' http2' : ''}${tls ? ' ssl' : ''};${tls ? certificate(folder) : ''}
    location / {
      proxy_pass http://items;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_buffer_size 16k;
      proxy_buffers 8 64k;
      proxy_busy_buffers_size 128k;
      proxy_max_temp_file_size 0;
      proxy_request_buffering off;${cached ? '\n      proxy_cache kept;' : ''}
    }
  }`,
  )
}

function certificate(folder) {
  const { cert, key } = writeCertificate(folder)
  return `\n    ssl_certificate ${cert};\n    ssl_certificate_key ${key};`
}
