import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { PrivoSettings } from '../../functions/core/privo-settings.ts';

/** An account of the fake; tests change it as parents and users do at the real one. */
export interface PrivoAccount {
  readonly serviceId: string;
  role: string;
  email: string | undefined;
  emailVerified: boolean;
  name: string | undefined;
  displayName: string | undefined;
  birthDate: string | undefined;
  /** Features that are on. */
  granted: string[];
  parent: string | undefined;
}

/** Requests that it received, in order; JSON and forms are parsed. */
export interface PrivoRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

export type FakePrivo = Awaited<ReturnType<typeof startFakePrivo>>;

const roleIds = { child: 'role-child', parent: 'role-parent', adult: 'role-adult' };
const featureIds = {
  childPrivoSSO: 'f-child-sso',
  adultPrivoSSO: 'f-adult-sso',
  joinAndCollaborate: 'f-join',
  publishProjects: 'f-publish',
  projectDevelopment: 'f-develop',
  buildAIEggs: 'f-ai',
};

const clientSecret = 'the client’s secret: ü';

/**
 * A small Privo, over HTTP: an OpenID issuer that checks PKCE and accepts each code once, and the API for servers
 * behind client credentials. No user types here; {@link FakePrivo.signIn} is what their browser brings back.
 */
export async function startFakePrivo(now: () => number) {
  const keys = await generateKeyPair('RS256');
  const strange = await generateKeyPair('RS256');
  const accounts = new Map<string, PrivoAccount>();
  const codes = new Map<string, { readonly serviceId: string; readonly asked: URLSearchParams }>();
  const accessTokens = new Map<string, string>();
  const requests: PrivoRequest[] = [];
  const state = {
    /** Every request is answered with this status instead; `silent` drops it. */
    down: undefined as number | 'silent' | undefined,
    /** What the identity token claims in place of the truth. */
    claims: {} as Record<string, unknown>,
    isForged: false,
    /** Invalidates all client tokens that were issued until now. */
    clientTokens: new Set<string>(),
    displayNames: new Map<string, object>(),
    clientSecret,
  };
  let count = 0;

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', issuer());
    const body = await bodyOf(request);
    requests.push({ path: url.pathname + url.search, authorization: request.headers.authorization, body });
    if (state.down === 'silent') return void request.socket.destroy();
    const { status = 200, json } = state.down ? { status: state.down } : await answer(url, request, body);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(json === undefined ? '' : JSON.stringify(json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on TCP has such an address.
  const issuer = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  interface Answer {
    readonly status?: number;
    readonly json?: unknown;
  }

  async function answer(url: URL, request: IncomingMessage, body: Record<string, unknown>): Promise<Answer> {
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return {
          json: {
            issuer: issuer(),
            authorization_endpoint: `${issuer()}/authorize`,
            token_endpoint: `${issuer()}/token`,
            userinfo_endpoint: `${issuer()}/userinfo-of-user`,
            jwks_uri: `${issuer()}/keys`,
          },
        };
      case '/keys':
        return { json: { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] } };
      case '/token':
        return token(request, body);
      case '/userinfo-of-user': {
        const account = accounts.get(accessTokens.get(bearerOf(request)) ?? '');
        return account ? { json: profileOf(account) } : { status: 401 };
      }
      default:
        return state.clientTokens.has(bearerOf(request)) ? gateway(url, body) : { status: 401 };
    }
  }

  async function token(request: IncomingMessage, form: Record<string, unknown>): Promise<Answer> {
    const known = `Basic ${Buffer.from(['client', state.clientSecret].map(encodeURIComponent).join(':')).toString('base64')}`;
    if (request.headers.authorization !== known) return { status: 401, json: { error: 'invalid_client' } };
    const accessToken = randomBytes(8).toString('hex');
    if (form.grant_type === 'client_credentials') {
      state.clientTokens.add(accessToken);
      return { json: { access_token: accessToken, token_type: 'Bearer', expires_in: 600 } };
    }
    const known_ = codes.get(String(form.code));
    codes.delete(String(form.code));
    const challenge = createHash('sha256').update(String(form.code_verifier)).digest('base64url');
    const isGood =
      known_ &&
      known_.asked.get('code_challenge') === challenge &&
      known_.asked.get('code_challenge_method') === 'S256' &&
      known_.asked.get('redirect_uri') === form.redirect_uri;
    if (!isGood) return { status: 400, json: { error: 'invalid_grant' } };
    accessTokens.set(accessToken, known_.serviceId);
    const idToken = await new SignJWT({
      iss: issuer(),
      aud: 'client',
      sub: known_.serviceId,
      iat: Math.floor(now() / 1000),
      exp: Math.floor(now() / 1000) + 300,
      ...state.claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .sign(state.isForged ? strange.privateKey : keys.privateKey);
    return {
      json: {
        access_token: accessToken,
        refresh_token: 'refresh',
        id_token: idToken,
        token_type: 'Bearer',
        expires_in: 600,
      },
    };
  }

  function gateway(url: URL, body: Record<string, unknown>): Answer {
    switch (url.pathname) {
      case '/userinfo': {
        const account = accounts.get(url.searchParams.get('service_id') ?? '');
        return account ? { json: profileOf(account) } : { status: 404 };
      }
      case '/api/v1.0/account': {
        if (isTaken(body.email)) return { status: 412 };
        return { json: { to: told(open(body)) } };
      }
      case '/api/v1.0/account/parent': {
        const [minor] = body.minor_registrations as Record<string, unknown>[]; // what is sent to the real one
        if (!minor || isTaken(body.email) || isTaken(minor.email)) return { status: 412 };
        const parent = open(body);
        const child = open(minor, parent.serviceId);
        return { json: { to: { service_id: parent.serviceId, connected_profiles: [told(child)] } } };
      }
      case '/api/v1.0/account/check/email': {
        const available = !isTaken(body.email);
        return { json: { available, ...(available ? {} : { suggestions: [`not-${body.email}`] }), profanity: true } };
      }
      case '/api/v1.0/account/check/display-name':
        return { json: state.displayNames.get(String(body.display_name)) ?? { available: true, profanity: false } };
      case '/api/v1.0/consent/resend':
        return { status: 200 };
      default:
        return { status: 404 };
    }
  }

  function isTaken(email: unknown): boolean {
    return typeof email === 'string' && [...accounts.values()].some((account) => account.email === email);
  }

  function open(wanted: Record<string, unknown>, parent?: string): PrivoAccount {
    const attributes = (wanted.attributes ?? []) as { name: string; value: string }[]; // what is sent to the real one
    const role = String(wanted.role_identifier);
    const features = ((wanted.features ?? []) as { feature_identifier: string }[]).map((one) => one.feature_identifier);
    return add({
      role,
      email: typeof wanted.email === 'string' ? wanted.email : undefined,
      name: typeof wanted.first_name === 'string' ? wanted.first_name : undefined,
      displayName: attributes.find(({ name }) => name === 'displayName')?.value,
      birthDate: typeof wanted.birth_date_yyyymmdd === 'string' ? wanted.birth_date_yyyymmdd : undefined,
      // Adults consent for themselves.
      granted: role === roleIds.adult ? features : [],
      parent,
    });
  }

  function add(account: Partial<PrivoAccount> = {}): PrivoAccount {
    const made: PrivoAccount = {
      serviceId: `service-${++count}`,
      role: roleIds.adult,
      email: undefined,
      emailVerified: true,
      name: undefined,
      displayName: undefined,
      birthDate: undefined,
      granted: [],
      parent: undefined,
      ...account,
    };
    accounts.set(made.serviceId, made);
    return made;
  }

  function told(account: PrivoAccount) {
    return {
      service_id: account.serviceId,
      update_password_link: `${issuer()}/password/${account.serviceId}`,
      features: Object.values(featureIds).map((id) => ({
        feature_identifier: id,
        on: account.granted.includes(id),
      })),
      consent_meta: account.parent === undefined ? null : { consent_url: `${issuer()}/consent/${account.serviceId}` },
    };
  }

  const settings: PrivoSettings = {
    gatewayEndpoint: `${issuer()}/`,
    publicEndpoint: issuer(),
    clientId: 'client',
    clientSecret,
    redirectUri: 'https://account.example.com/oauth-redirect',
    roleIds,
    featureIds,
  };

  return {
    settings,
    state,
    accounts,
    requests,
    add,
    /** Signs a user in at the address they were sent to. @returns what the redirect brings back */
    signIn(authorizationUrl: string, account: PrivoAccount): { code: string; state: string } {
      const asked = new URL(authorizationUrl).searchParams;
      const code = randomBytes(8).toString('hex');
      codes.set(code, { serviceId: account.serviceId, asked });
      return { code, state: asked.get('state') ?? '' };
    },
    /** Requests to one path, in order. */
    asked: (path: string) => requests.filter((request) => request.path.split('?')[0] === path),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function profileOf(account: PrivoAccount) {
  return {
    sub: account.serviceId,
    locale: 'en-US',
    given_name: account.name ?? null,
    display_name: account.displayName,
    preferred_username: account.displayName ?? null,
    email: account.email ?? null,
    email_verified: account.emailVerified,
    role_identifier: account.role,
    permissions: account.granted.map((id) => ({ on: true, feature_identifier: id, feature_active: true })),
  };
}

function bearerOf(request: IncomingMessage): string {
  return request.headers.authorization?.replace('Bearer ', '') ?? '';
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (text === '') return {};
  const isForm = request.headers['content-type']?.includes('form') === true;
  return isForm ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text);
}
