/** As many endpoints as asked for: the few upstreams, by many prefixes. */
export const manyEndpoints = (endpoints, count) =>
  Array.from({ length: count }, (_, at) => `${endpoints[at % endpoints.length]}/${at}`)
