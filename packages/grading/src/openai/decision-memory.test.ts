import { describe, expect, it } from '@jest/globals';
import { photosynthesis } from '../testing/questions.ts';
import {
  allMet,
  answer,
  content,
  createMemory,
  decision,
  gradeWith,
  modelContext,
  sentAnswer,
  withFake,
} from '../testing/with-fake-model.ts';
import type { GradeRequest } from '../types.ts';

const base: GradeRequest = { question: photosynthesis, answer, reviewBelow: 0.8 };
const [first, second] = photosynthesis.rubric?.criteria ?? [];
const withCriteria = (...criteria: unknown[]) =>
  ({ ...photosynthesis, rubric: { ...photosynthesis.rubric, criteria } }) as typeof photosynthesis;

/** Grades one after the other by one memory, and counts the requests after each. */
async function inTurn(requests: Array<Partial<GradeRequest>>, model = modelContext()) {
  return withFake(
    () => allMet,
    async (grader, sent) => {
      const grades = [];
      const counts = [];
      for (const request of requests) {
        grades.push(await grader.grade({ ...base, model, ...request }));
        counts.push(sent.length);
      }
      return { grades, counts, sent };
    },
  );
}

describe('decisions that were made before', () => {
  it('cost no call, and give the same mark with the same places', async () => {
    const { grades, counts } = await inTurn([{}, {}]);
    expect(counts).toEqual([1, 1]);
    expect(grades[1]).toMatchObject({ score: 2, grader: 'openai', needsReview: false });
    const placesOf = (index: number) => grades[index]?.criteria.map(({ evidence }) => evidence);
    expect(placesOf(1)).toEqual(placesOf(0));
  });

  it('hold for other points, and not for another answer, criterion, example or institution', async () => {
    const worth = (points: number) => ({ ...withCriteria({ ...first, points }, second), maxScore: 1 + points });
    expect((await inTurn([{}, { question: worth(3) }])).counts).toEqual([1, 1]);
    expect((await inTurn([{}, { answer: `${answer} Plants do.` }])).counts).toEqual([1, 2]);
    expect((await inTurn([{}, { question: { ...photosynthesis, exemplars: [{ answer: 'light', score: 1 }] } }])).counts).toEqual([1, 2]);
    const model = modelContext();
    expect((await inTurn([{}, { model: { ...model, scope: 'another school' } }], model)).counts).toEqual([1, 2]);
  });

  it('leave only the criterion to ask for that was edited', async () => {
    const reworded = withCriteria(first, { ...second, description: 'names sugar' });
    const memory = createMemory();
    await withFake(
      (_, count) => (count === 0 ? allMet : content([decision(1, ['glucose'])])),
      async (grader, sent) => {
        const model = modelContext({ memory });
        await grader.grade({ ...base, model });
        expect(await grader.grade({ ...base, question: reworded, model })).toMatchObject({ score: 2, needsReview: false });
        expect(sent).toHaveLength(2);
        expect(sent[1]?.messages[0]?.content).toContain('1. names sugar');
        expect(sent[1]?.messages[0]?.content).not.toContain('light and carbon dioxide');
      },
    );
  });

  it('hold no word of the answer or of the model', async () => {
    const memory = createMemory();
    await inTurn([{}], modelContext({ memory }));
    const kept = JSON.stringify([...memory.kept]);
    expect(memory.kept.size).toBe(2);
    for (const word of ['sunlight', 'glucose', '"r"']) expect(kept).not.toContain(word);
  });

  it('are not kept when the model saw instructions, nor believed when their shape is unknown', async () => {
    const memory = createMemory();
    const model = modelContext({ memory });
    await gradeWith(() => content([decision(1, ['sunlight']), decision(2, ['glucose'])], true), { model });
    expect(memory.kept.size).toBe(0);
    await inTurn([{}], model);
    for (const key of memory.kept.keys()) memory.kept.set(key, { status: 'splendid' });
    expect((await inTurn([{}], model)).counts).toEqual([1]);
  });
});

describe('people', () => {
  const people = [{ name: 'Rosa Luchs', email: 'rosa.luchs@school.example', rollNumber: 'AB1234' }];
  const text = `Rosa Luchs (AB1234): ${answer}`;

  it('are masked in the answer and in the examples, and evidence stands in the answer as given', async () => {
    const question = { ...photosynthesis, exemplars: [{ answer: 'Luchs says light', score: 1 }] };
    const { grade, requests } = await gradeWith(() => allMet, { question, answer: text, model: modelContext({ people }) });
    expect(sentAnswer(requests[0])).toBe(`[PERSON-1] ([NUMBER-1]): ${answer}`);
    expect(JSON.stringify(requests)).not.toMatch(/rosa|luchs|AB1234/i);
    const [evidence] = grade.criteria[0]?.evidence ?? [];
    expect(evidence).toMatchObject({ quote: 'sunlight and carbon dioxide' });
    expect(text.slice(evidence?.start, evidence?.end)).toBe('sunlight and carbon dioxide');
  });

  it('do not change what is known: the same words of somebody else were decided already', async () => {
    const memory = createMemory();
    const of = (name: string) => modelContext({ memory, people: [{ name, email: null, rollNumber: null }] });
    const { counts, grades } = await inTurn([
      { answer: `Rosa: ${answer}`, model: of('Rosa Luchs') },
      { answer: `Wilhelmina: ${answer}`, model: of('Wilhelmina Bär') },
    ]);
    expect(counts).toEqual([1, 1]);
    expect(grades[1]?.criteria[0]?.evidence).toMatchObject([{ start: 27, quote: 'sunlight and carbon dioxide' }]);
  });
});
