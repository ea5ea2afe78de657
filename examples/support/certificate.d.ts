/** Makes a key and a certificate for localhost, as PEM texts. */
export function selfSigned(): { key: string; cert: string }
