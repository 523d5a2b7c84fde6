import type { ReleaseAnswer } from '@gradeflow/contracts';
import { type Actor, type Assessment, type Database, hidesNames, type ReleasePreview } from '@gradeflow/database';
import type { z } from 'zod';

type Answer = z.infer<typeof ReleaseAnswer>;

export interface Releases {
  /** Open reviews and who would be told; changes nothing. */
  preview(assessment: Assessment): Promise<Answer>;
  /** Repeating it, also at once, changes nothing and tells nobody. */
  release(actor: Actor, assessment: Assessment): Promise<Answer>;
  unrelease(actor: Actor, assessment: Assessment): Promise<Assessment>;
}

export function createReleases({ releases }: Pick<Database, 'releases'>): Releases {
  return {
    preview: async (assessment) => {
      const preview = await releases.preview(assessment.id);
      return toAnswer(preview, assessment.releasedAt, hidesNames(assessment));
    },
    release: async (actor, { id }) => {
      const outcome = await releases.release(id, actor.userId);
      return toAnswer(outcome, outcome.releasedAt, false);
    },
    unrelease: async (actor, assessment) => {
      await releases.unrelease(assessment.id, actor.userId);
      return { ...assessment, releasedAt: null };
    },
  };
}

/** Who has handed in says little, but more than a number does. */
function toAnswer({ openReviews, students }: ReleasePreview, releasedAt: Date | null, isNeutral: boolean): Answer {
  return {
    releasedAt: releasedAt?.toISOString() ?? null,
    openReviews,
    told: { count: students.length, students: isNeutral ? [] : students },
  };
}
