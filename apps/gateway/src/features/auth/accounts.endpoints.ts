import {
  AcceptInviteBody,
  AddressBody,
  ConfirmResetBody,
  ConfirmVerificationBody,
  RegisterBody,
  type SecretMail,
  TokenAnswer,
} from '@gradeflow/contracts';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { addressBlock } from '../../http/rate-limits.ts';
import { answerOf, originOf } from './token-answer.ts';

const tag = 'Auth';
const small = 10_000;

const register = defineEndpoint({
  method: 'post',
  path: '/v1/auth/register',
  tag,
  summary: 'Make an institution and its admin, and sign in',
  auth: 'public',
  rateLimit: 'login',
  body: RegisterBody,
  maxBodyBytes: small,
  response: { status: 201, schema: TokenAnswer, description: 'As a login answers; a code to prove the address is on its way' },
  problems: ['403 REGISTRATION_CLOSED', '409 EMAIL_TAKEN', '503 LOGIN_BUSY'],
  handle: async ({ services, body, req, res }) => {
    const signedIn = await services.accounts.register(body, originOf(req));
    return {
      body: answerOf(signedIn, body.session, res),
      after: () => services.accounts.requestMail('verification', body.email, addressBlock(req.ip)),
    };
  },
});

/** The answer is there before anything is looked up, so it says nothing about the address, not even by its time. */
const mailRequest = (kind: SecretMail, path: string, summary: string) =>
  defineEndpoint({
    method: 'post',
    path,
    tag,
    summary,
    auth: 'public',
    // Limited without a word: beyond the limit no mail is sent.
    rateLimit: 'none',
    body: AddressBody,
    maxBodyBytes: small,
    response: { status: 202, description: 'If there is such an account, a mail is on its way' },
    handle: async ({ services, body, req }) => ({
      send: async (_req, res) => void res.end(),
      after: () => services.accounts.requestMail(kind, body.email, addressBlock(req.ip)),
    }),
  });

const confirmVerification = defineEndpoint({
  method: 'post',
  path: '/v1/auth/verification/confirm',
  tag,
  summary: 'Prove an address with the code of six digits that was mailed to it: 10 minutes, 5 tries',
  auth: 'public',
  rateLimit: 'code',
  limitedAccount: ({ email }) => email,
  needsRedis: true,
  body: ConfirmVerificationBody,
  maxBodyBytes: small,
  response: { status: 204, description: 'Proved' },
  problems: ['400 CODE_INVALID'],
  handle: async ({ services, body }) => {
    await services.accounts.confirmVerification(body.email, body.code);
    return {};
  },
});

const confirmReset = defineEndpoint({
  method: 'post',
  path: '/v1/auth/password-reset/confirm',
  tag,
  summary: 'Set a new password with the token of the mailed link; ends all sessions',
  auth: 'public',
  rateLimit: 'code',
  limitedAccount: ({ token }) => token.split('.')[0] ?? null,
  needsRedis: true,
  body: ConfirmResetBody,
  maxBodyBytes: small,
  response: { status: 204, description: 'Set' },
  problems: ['400 RESET_TOKEN_INVALID', '503 LOGIN_BUSY'],
  handle: async ({ services, body }) => {
    await services.accounts.resetPassword(body.token, body.password);
    return {};
  },
});

const acceptInvite = defineEndpoint({
  method: 'post',
  path: '/v1/auth/accept-invite',
  tag,
  summary: 'Choose a password with the token of an invitation, and sign in',
  auth: 'public',
  rateLimit: 'code',
  body: AcceptInviteBody,
  maxBodyBytes: small,
  response: { status: 200, schema: TokenAnswer, description: 'As a login answers' },
  problems: ['400 INVITE_INVALID', '503 LOGIN_BUSY'],
  handle: async ({ services, body, req, res }) => ({
    body: answerOf(await services.accounts.acceptInvite(body, originOf(req)), body.session, res),
  }),
});

export const accountEndpoints = [
  register,
  mailRequest('verification', '/v1/auth/verification', 'Ask for a code that proves an address; always 202'),
  confirmVerification,
  mailRequest('password-reset', '/v1/auth/password-reset', 'Ask for a link to a new password; always 202'),
  confirmReset,
  acceptInvite,
];
