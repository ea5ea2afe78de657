/** Who is named in errors of construction. */
export const FACTORY = 'createProxyMiddleware'
