/** Starts a service on this machine and returns its address. */
export function startService(name: string): Promise<string>
