import { z } from 'zod';
import { SessionMode } from './auth.ts';

export const EmailAddress = z
  .string()
  .trim()
  .max(254)
  .pipe(z.email())
  .transform((address) => address.toLowerCase());
export const PersonName = z.string().trim().min(1).max(200);
export const InstitutionName = z.string().trim().min(1).max(200);
/** As long as one likes, not as short; longer than 1,024 characters only costs time. */
export const NewPassword = z.string().min(8).max(1024);

export const RegisterBody = z.object({
  email: EmailAddress,
  password: NewPassword,
  name: PersonName,
  institutionName: InstitutionName,
  session: SessionMode,
});
/** Any text: whether an address is known or even possible is not told. */
export const AddressBody = z.object({ email: z.string().max(320) });
export const ConfirmVerificationBody = z.object({ email: z.string().max(320), code: z.string().max(20) });
export const ConfirmResetBody = z.object({ token: z.string().max(200), password: NewPassword });
export const AcceptInviteBody = z.object({
  token: z.string().max(200),
  password: NewPassword,
  name: PersonName.optional(),
  session: SessionMode,
});
