// What matters when bodies are large: bytes per CPU second, and memory that does not grow.

export const streamingFigure = { title: 'MB/CPU s', digits: 0, of: (round) => round.bytes / round.cpuUs }

export const streamingColumns = [
  { title: 'MB/s', digits: 0, of: (round) => round.bytes / 1e6 / round.seconds },
  { title: 'p99 ms', digits: 0, of: (round) => round.p99Ms },
  { title: 'peak MiB', digits: 0, of: (round) => round.peakMiB, pick: 'max' },
  { title: 'RSS late min', digits: 0, of: (round) => round.rss?.min ?? Number.NaN, pick: 'min' },
  { title: 'RSS late max', digits: 0, of: (round) => round.rss?.max ?? Number.NaN, pick: 'max' },
  { title: 'drift MiB', digits: 1, of: (round) => round.rss?.drift ?? Number.NaN },
]
