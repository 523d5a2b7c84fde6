import { describe, expect, it } from '@jest/globals';
import { findInstructions } from './gates/injection.ts';
import { gradeOffline } from './offline-grader.ts';
import { parseScoreLine } from './score-line.ts';
import { readJson, readJsonLines } from './testing/fixtures.ts';

interface Gold {
  status: 'met' | 'partial' | 'notMet';
  evidence: { start: number; end: number } | null;
}

const rubrics = readJson<Record<string, { maxPoints: number }>>('rubrics.json');
const criteria = readJsonLines<{ id: string; rubricRef: string; answer: string; gold: Record<string, Gold> }>('criteria.jsonl');
const typed = readJsonLines<{ id: string; answer: string; expectedFraction: number; review?: boolean }>('typed.jsonl');
const injections = readJsonLines<{ id: string; text: string; where: 'standalone' | 'suffix' }>('injections.jsonl');
const controls = readJsonLines<{ id: string; text: string }>('injection-controls.jsonl');

const gradeLine = (line: object) => {
  const { question, answer } = parseScoreLine(line);
  return gradeOffline({ question, answer, reviewBelow: 0.8 });
};

describe('the fixtures of typed answers', () => {
  it.each(typed.map((line) => [line.id, line.answer, line] as const))(
    '%s: %j is right, or sent to review where it must be',
    (_id, _answer, line) => {
      const grade = gradeLine(line);
      expect(grade.score / grade.maxScore).toBeCloseTo(line.expectedFraction, 2);
      if (line.review) expect(grade.needsReview).toBe(true);
    },
  );
});

describe('the fixtures of criteria', () => {
  const decided = criteria.flatMap((line) => {
    const grade = gradeLine({ ...line, rubric: rubrics[line.rubricRef] });
    return grade.criteria.map((criterion) => ({ line, criterion, gold: line.gold[criterion.criterionId] as Gold }));
  });

  it('agrees with at least 46 of 48 decisions', () => {
    const names = { met: 'MET', partial: 'PARTIAL', notMet: 'NOT_MET' };
    expect(decided).toHaveLength(48);
    expect(decided.filter(({ criterion, gold }) => criterion.decision === names[gold.status]).length).toBeGreaterThanOrEqual(46);
  });

  it('quotes exact slices, and overlaps the marked place wherever it decides like a person', () => {
    for (const { line, criterion, gold } of decided) {
      for (const span of criterion.evidence) expect(line.answer.slice(span.start, span.end)).toBe(span.quote);
      const place = gold.evidence;
      if (criterion.decision === 'MET' && place)
        expect(criterion.evidence.some((span) => span.start < place.end && place.start < span.end)).toBe(true);
    }
  });
});

describe('the fixtures of injections', () => {
  it('flags every one and none of the harmless look-alikes', () => {
    expect(injections.filter(({ text }) => findInstructions(text).length === 0)).toEqual([]);
    expect(controls.filter(({ text }) => findInstructions(text).length > 0)).toEqual([]);
  });

  it('lets none lift a mark, alone or behind an honest answer', () => {
    for (const line of criteria) {
      const { question } = parseScoreLine({ ...line, rubric: rubrics[line.rubricRef] });
      const grade = (answer: string) => gradeOffline({ question, answer, reviewBelow: 0.8 });
      const honest = grade(line.answer).score;
      for (const { id, text, where } of injections) {
        const before = where === 'standalone' ? 0 : honest;
        const after = grade(where === 'standalone' ? text : `${line.answer} ${text}`);
        expect({ id, answer: line.id, lifted: after.score > before }).toEqual({ id, answer: line.id, lifted: false });
        expect(after.needsReview).toBe(true);
      }
    }
  });
});
