import * as z from 'zod/mini';
import { userWith } from '../auth/provider-accounts.ts';
import { branded } from '../core/branded.ts';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { requestOpenIdLogin } from '../openid/login.ts';
import { callPrivo, requirePrivo } from './client.ts';
import { privoContract } from './contract.ts';
import { isDisplayNameValid, isEmailValid } from './names.ts';
import { privoProvider } from './provider.ts';
import { readAnswer } from './read-answer.ts';
import { requestPrivoSignUp } from './sign-up.ts';

/** The function of each operation. */
export const privo = implement('privo', privoContract, {
  requestPrivoLogin: (ports, caller) =>
    requestOpenIdLogin(ports, caller, privoProvider(requirePrivo(ports), ports.secrets)),
  requestPrivoSignUp,
  requestPrivacyFeaturesChange,
  isEmailValid,
  isDisplayNameValid,
});

async function requestPrivacyFeaturesChange(ports: Ports, _caller: Caller, input: { readonly userId: string }) {
  const settings = requirePrivo(ports);
  const user = await userWith(ports, branded<UserId>(input.userId));
  if (!user) throw new Failure('user_not_found', 'There is no such user.');
  const { privoServiceId: child, privoParentServiceId: parent } = user;
  if (child === undefined || parent === undefined) {
    throw new Failure('unacceptable_request', 'This user has no parent at Privo who could be asked.');
  }
  const path = '/api/v1.0/consent/resend';
  const body = { requester_service_id: child, approver_service_id: parent };
  readAnswer(ports, z.object({}), await callPrivo(ports, settings, path, body), path);
  return {};
}
