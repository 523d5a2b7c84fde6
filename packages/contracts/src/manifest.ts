import { z } from 'zod';
import { Role } from './domain.ts';
import { Id, Timestamp } from './ids.ts';

/** Content types that an upload may have, by content and not by name. */
export const MediaType = z.enum(['application/pdf', 'image/png', 'image/jpeg', 'image/tiff', 'image/webp']);
export type MediaType = z.infer<typeof MediaType>;

export const extensionOf: Record<MediaType, string> = {
  'application/pdf': 'pdf',
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/tiff': 'tif',
  'image/webp': 'webp',
};

/** What an accepted upload is to become. */
export const UploadPurpose = z.enum(['submission', 'question-paper']);
export type UploadPurpose = z.infer<typeof UploadPurpose>;

/** `spool/ready/<id>/manifest.json`: all that is needed to finish an accepted upload without asking anybody. */
export const Manifest = z.object({
  /** Of the entry: the submission's id, or the question paper's. */
  submissionId: Id,
  /** Absent: a submission. */
  purpose: UploadPurpose.optional(),
  institutionId: Id,
  /** Who uploaded it. */
  userId: Id,
  userRole: Role,
  assessmentId: Id,
  studentId: Id.nullable(),
  label: z.string().nullable(),
  acceptedAt: Timestamp,
  requestId: z.string(),
  /** Pages over all files, counted when the upload was checked. */
  pagesTotal: z.number().int().positive(),
  files: z
    .array(
      z.object({
        /** `original/<n>.<ext>` below the entry. */
        path: z.string(),
        name: z.string(),
        mediaType: MediaType,
        bytes: z.number().int().positive(),
        sha256: z.string().length(64),
        pages: z.number().int().positive(),
      }),
    )
    .min(1),
});
export type Manifest = z.infer<typeof Manifest>;
