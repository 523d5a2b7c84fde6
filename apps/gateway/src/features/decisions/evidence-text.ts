import type { Box, PageReading, QuestionDecision, QuestionResult, Region } from '@gradeflow/contracts';
import type { PageRepository } from '@gradeflow/database';
import { type FieldError, ValidationError } from '@gradeflow/errors';

/**
 * A result whose evidence, where a person gave places, has the text that was read there: the words whose middle lies in the box, in reading order; empty on a picture
 * without words. Throws ValidationError for a page that the submission does not have, or a box that is not on it, with a pointer into the decision.
 */
export async function withEvidenceText(
  pages: Pick<PageRepository, 'listAll'>,
  submissionId: string,
  decision: QuestionDecision,
  result: QuestionResult,
): Promise<QuestionResult> {
  const given = (decision.criteria ?? []).flatMap(({ evidence }, criterion) =>
    (evidence ?? []).map((region, index) => ({ region, criterion, index })),
  );
  if (given.length === 0) return result;
  const byNumber = new Map((await pages.listAll(submissionId)).map((page) => [page.number, page]));
  const errors = given.flatMap(({ region, criterion, index }) => faultsOf(region, byNumber, `/criteria/${criterion}/evidence/${index}`));
  if (errors.length > 0) throw new ValidationError({ detail: 'The evidence does not lie on the sheet.', errors });
  const pointedAt = new Set(decision.criteria?.filter(({ evidence }) => evidence !== undefined).map(({ criterionId }) => criterionId));
  return {
    ...result,
    criteria: result.criteria.map((criterion) =>
      pointedAt.has(criterion.criterionId)
        ? {
            ...criterion,
            evidence: criterion.evidence.map((region) => ({ ...region, text: textIn(byNumber.get(region.page), region.box) })),
          }
        : criterion,
    ),
  };
}

function faultsOf({ page: number, box: [x, y, width, height] }: Region, pages: Map<number, PageReading>, path: string): FieldError[] {
  const page = pages.get(number);
  if (!page) return [{ path: `${path}/page`, message: `the submission has no page ${number}` }];
  const isEmpty = width <= 0 || height <= 0;
  // A page that could not be read has no size; a person may see on it what the machine did not.
  const isOutside = page.width > 0 && (x + width <= 0 || y + height <= 0 || x >= page.width || y >= page.height);
  return isEmpty || isOutside ? [{ path: `${path}/box`, message: isEmpty ? 'the box is empty' : 'the box lies beside the page' }] : [];
}

function textIn(page: PageReading | undefined, [left, top, width, height]: Box): string {
  const isInside = ([x, y, w, h]: Box) => x + w / 2 >= left && x + w / 2 <= left + width && y + h / 2 >= top && y + h / 2 <= top + height;
  return (page?.words ?? [])
    .filter((word) => isInside(word.box))
    .map((word) => word.text)
    .join(' ');
}
