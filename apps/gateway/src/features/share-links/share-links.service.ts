import { randomBytes } from 'node:crypto';
import type { ShareBody } from '@gradeflow/contracts';
import type { Actor, CurrentGrading, Database, ShareLink, Submission } from '@gradeflow/database';
import { ConflictError, NotFoundError } from '@gradeflow/errors';
import { isWithheld } from '../submissions/submissions.presenter.ts';

/** What a link shows. */
export interface SharedParts {
  link: ShareLink;
  title: string;
  grading: CurrentGrading;
}

export interface ShareLinkService {
  /** Makes a link to this submission's result, now or later; under an id that has one already it gives that one. Throws ConflictError TOO_MANY_SHARE_LINKS, NO_FREE_CODE. */
  create(actor: Actor, id: string, submission: Submission, body: ShareBody): Promise<ShareLink>;
  /** Throws NotFoundError SHARE_LINK_NOT_FOUND when the submission has no such live link. */
  revoke(actor: Actor, submissionId: string, code: string): Promise<void>;
  /** For anybody. Throws NotFoundError SHARE_LINK_NOT_FOUND: no live link, no result yet, or one that students may not see yet. */
  open(code: string): Promise<SharedParts>;
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const codeLength = 12;
/** Live links of one submission. */
const maxLive = 5_000;
/** Two equal codes of 60 bits are a wonder; five in a row are a broken source of chance. */
const maxTries = 5;

/** A code nobody can guess; 32 divides 256, so every character is equally likely. */
function randomCode(): string {
  return Array.from(randomBytes(codeLength), (byte) => alphabet[byte % alphabet.length]).join('');
}

interface Deps {
  database: Pick<Database, 'shareLinks' | 'submissions' | 'assessments' | 'gradings'>;
  makeCode?: () => string;
}

/**
 * Links live in Postgres alone, also for reading: whether one is revoked and whether marks are withheld must hold at once, and one look-up by key is cheap. The unique key makes
 * codes different over all gateways; whoever meets a taken one takes another.
 */
export function createShareLinkService({ database, makeCode = randomCode }: Deps): ShareLinkService {
  return {
    create: async (actor, id, { id: submissionId }, { expiresInHours }) => {
      const link = { id, submissionId, createdBy: actor.userId, expiresInMs: expiresInHours * 3_600_000, maxLive };
      for (let tries = 0; tries < maxTries; tries++) {
        const made = await database.shareLinks.insert({ ...link, code: makeCode() });
        if (made) return made;
        if ((await database.shareLinks.countLive(submissionId)) >= maxLive)
          throw new ConflictError({
            code: 'TOO_MANY_SHARE_LINKS',
            detail: `A submission has ${maxLive} links at most; revoke some first.`,
          });
      }
      throw new ConflictError({ code: 'NO_FREE_CODE', detail: 'No free code was found.' });
    },

    revoke: (actor, submissionId, code) => database.shareLinks.revoke({ code, submissionId, by: actor.userId }),

    open: async (code) => {
      const link = await database.shareLinks.findLive(code);
      const submission = link && (await database.submissions.find(link.submissionId));
      if (!submission) throw noShareLink();
      const [assessment, grading] = await Promise.all([
        database.assessments.find(submission.assessmentId),
        database.gradings.findCurrent(submission.id),
      ]);
      if (!assessment || !grading || isWithheld(assessment)) throw noShareLink();
      return { link, title: assessment.title, grading };
    },
  };
}

/** The same whatever the reason is: the address tells nothing about results that it does not show. */
function noShareLink(): NotFoundError {
  return new NotFoundError({ code: 'SHARE_LINK_NOT_FOUND', detail: 'There is nothing to see under this link, or not any more.' });
}
