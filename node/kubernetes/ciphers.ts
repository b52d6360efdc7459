const withEcdsa = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
];

/** For servers whose certificates are Trivet's and so ECDSA. TLS 1.3 has only such suites and is not configurable. */
export const ecdsaSuites: readonly string[] = withEcdsa;

/** For servers that make their own certificate, which is RSA: kubelet, controller manager, scheduler. */
export const allStrongSuites: readonly string[] = [
  ...withEcdsa,
  ...withEcdsa.map((suite) => suite.replace('ECDSA', 'RSA')),
];

export const tlsVersionMin = 'VersionTLS12';
