import { implement } from '../core/implement.ts';
import { authContract } from './contract.ts';
import { completeLogin, requestLogin } from './login.ts';
import { createAccount, getUserInfo, updateUserInfo } from './profiles.ts';
import { listSessions, logout, replaceSession, revokeAllSessions, revokeSession } from './sessions.ts';

/** Which function fulfils which operation. */
export const auth = implement('auth', authContract, {
  requestLogin,
  completeLogin,
  listSessions,
  replaceSession,
  revokeSession,
  revokeAllSessions,
  logout,
  createAccount,
  getUserInfo,
  updateUserInfo,
});
