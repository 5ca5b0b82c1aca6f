import { implement } from '../core/implement.ts';
import { deleteUserAuthenticator, listUserAuthenticators } from './authenticators.ts';
import { passkeysContract } from './contract.ts';
import { completeWebAuthnLogin, getWebAuthnLoginOptions } from './login.ts';
import { getWebAuthnRegistrationOptions, registerWebAuthn } from './registration.ts';

/** The function of each operation. */
export const passkeys = implement('passkeys', passkeysContract, {
  getWebAuthnRegistrationOptions,
  registerWebAuthn,
  getWebAuthnLoginOptions,
  completeWebAuthnLogin,
  listUserAuthenticators,
  deleteUserAuthenticator,
});
