import { Id, UploadFields, UploadPurpose } from '@gradeflow/contracts';
import { NotFoundError, ValidationError } from '@gradeflow/errors';
import { Metadata } from '@tus/server';
import { z } from 'zod';
import { parseInput } from '../../http/parse.ts';

/** What `Upload-Metadata` may say. The last three are what common clients add by themselves; nothing here reads them. */
const UploadMetadata = z.strictObject({
  filename: z.string().min(1).max(255),
  filetype: z.string().max(255).optional(),
  assessmentId: z.string(),
  purpose: z.enum([...UploadPurpose.options, 'batch']),
  ...UploadFields.shape,
  name: z.string().optional(),
  type: z.string().optional(),
  relativePath: z.string().optional(),
});

/** What the bytes of a resumable upload are to become. */
export interface UploadIntent {
  filename: string;
  assessmentId: string;
  purpose: UploadPurpose;
  /** As a form would give them: whoever accepts the upload checks them. */
  fields: { studentId?: string; label?: string };
}

/**
 * The `Upload-Metadata` of a creation. Throws ValidationError (400) that names what is wrong, 422 PURPOSE_NOT_AVAILABLE for what this address will take
 * later, NotFoundError ASSESSMENT_NOT_FOUND for an assessment's id that is none.
 */
export function parseUploadMetadata(header: string | undefined): UploadIntent {
  const metadata = parseInput(UploadMetadata, decode(header), 'Upload-Metadata');
  const { purpose } = metadata;
  if (purpose === 'batch')
    throw new ValidationError({
      code: 'PURPOSE_NOT_AVAILABLE',
      status: 422,
      detail: `A resumable upload can be a submission or a question paper; "${purpose}" is not taken here yet.`,
      errors: [{ path: '/purpose', message: 'must be "submission" or "question-paper"' }],
    });
  if (!Id.safeParse(metadata.assessmentId).success)
    throw new NotFoundError({ code: 'ASSESSMENT_NOT_FOUND', detail: 'There is no such assessment.' });
  const { filename, assessmentId, studentId, label } = metadata;
  return {
    filename,
    assessmentId: assessmentId.toLowerCase(),
    purpose,
    fields: { ...(studentId !== undefined && { studentId }), ...(label !== undefined && { label }) },
  };
}

/** Keys without a value, and with an empty one, count as not given. */
function decode(header: string | undefined): Record<string, string> {
  try {
    const pairs = Object.entries(Metadata.parse(header ?? ''));
    return Object.fromEntries(pairs.filter((pair): pair is [string, string] => Boolean(pair[1])));
  } catch {
    throw new ValidationError({
      detail: 'Upload-Metadata is missing or broken: send filename, assessmentId and purpose, each with its value in base64.',
      errors: [{ path: '/Upload-Metadata', message: 'is not usable' }],
    });
  }
}
