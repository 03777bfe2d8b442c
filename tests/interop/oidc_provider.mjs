// Serve oidc-provider over TLS, as settings.json in the first argument's folder describes it.
// Print the port when it listens. /api answers 200 to a valid token and 401 otherwise; /statistics
// returns how many token requests were granted and refused, by client. /clock?ahead=N sets the
// server's clock N seconds ahead of the machine's.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, modules] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(path.join(folder, 'settings.json'), 'utf8'));
const require = createRequire(path.join(modules, 'node_modules', 'resolve-from-here.js'));
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

const machineTime = Date.now;
let secondsAhead = 0;
Date.now = () => machineTime() + secondsAhead * 1000;

const LIFETIME = 60; // seconds

const statistics = {};
let provider;

function statisticsOf(ctx) {
  const client = ctx.oidc?.client?.clientId ?? 'unknown';
  statistics[client] ??= { granted: 0, refused: [] };
  return statistics[client];
}

async function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url, settings.issuer);
  if (pathname === '/statistics') {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(statistics));
  } else if (pathname === '/clock') {
    secondsAhead = Number(searchParams.get('ahead'));
    response.end('{}');
  } else if (pathname === '/api') {
    const text = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const token = text ? await provider.ClientCredentials.find(text) : undefined;
    response.statusCode = token?.isValid ? 200 : 401;
    response.end(JSON.stringify({ client_id: token?.clientId, audience: token?.aud }));
  } else {
    provider.callback()(request, response);
  }
}

const server = https.createServer(
  {
    key: readFileSync(path.join(folder, 'server.key')),
    cert: readFileSync(path.join(folder, 'server.pem')),
    ca: readFileSync(path.join(folder, 'ca.pem')),
    requestCert: true,
    rejectUnauthorized: false,
  },
  answer,
);

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  settings.issuer = `https://127.0.0.1:${port}`;
  provider = new Provider(settings.issuer, {
    clients: settings.clients,
    scopes: ['read', 'write'],
    ttl: { ClientCredentials: LIFETIME },
    discovery: {
      mtls_endpoint_aliases: { token_endpoint: `https://localhost:${port}/token` },
    },
    clientAuthMethods: [
      'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt',
      'tls_client_auth', 'self_signed_tls_client_auth',
    ],
    enabledJWA: {
      clientAuthSigningAlgValues: ['HS256', 'RS256', 'RS384', 'PS256', 'ES256', 'ES384', 'EdDSA'],
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        selfSignedTlsClientAuth: true,
        getCertificate: (ctx) => ctx.socket.getPeerX509Certificate?.(),
        certificateAuthorized: (ctx) => ctx.socket.authorized,
        certificateSubjectMatches: (ctx, property, expected) => (
          property === 'tls_client_auth_san_email'
          && (ctx.socket.getPeerX509Certificate().subjectAltName ?? '').includes(expected)
        ),
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (ctx, resource) => ({
          scope: 'read write',
          audience: resource,
          accessTokenTTL: LIFETIME,
          accessTokenFormat: 'opaque',
        }),
        defaultResource: () => undefined,
      },
    },
  });
  provider.on('grant.success', (ctx) => { statisticsOf(ctx).granted += 1; });
  provider.on('grant.error', (ctx, error) => {
    statisticsOf(ctx).refused.push(`${error.error}: ${error.error_detail ?? ''}`);
  });
  console.log(port);
});
