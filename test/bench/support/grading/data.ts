import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One human-marked answer, as the data set stores it. */
export interface MarkedAnswer {
  id: string;
  dataset: string;
  questionId: string;
  lang: string;
  question: string;
  modelAnswer: string;
  modelAnswers?: string[];
  rubricRef?: string;
  answer: string;
  maxScore: number;
  humanScore: number;
}

export interface FileCriterion {
  id: string;
  points: number;
  partial: 'none' | 'proportional';
  match: { groups: Array<{ anyOf: string[] }>; minGroups?: number; noneOf?: string[] };
}

export interface FileRubric {
  maxPoints: number;
  criteria: FileCriterion[];
}

export interface GradingData {
  answers: MarkedAnswer[];
  rubrics: Record<string, FileRubric>;
  criteria: Array<{ id: string; rubricRef: string; question: string; answer: string; gold: Record<string, GoldDecision> }>;
  typed: Array<{ id: string; key: { kind: string }; answer: string; expectedFraction: number; review?: boolean }>;
  injections: Array<{ id: string; text: string; where: 'standalone' | 'suffix' }>;
  controls: Array<{ id: string; text: string }>;
}

export interface GoldDecision {
  status: 'met' | 'partial' | 'notMet';
  evidence: { start: number; end: number } | null;
}

export const folds = 5;

/** The fold of a question: a hash of its id, so that all its answers lie in one fold and no list decides. */
export function foldOf(questionId: string): number {
  return createHash('sha256').update(questionId).digest().readUInt32BE(0) % folds;
}

/** Reads a folder of marked answers (`answers.jsonl`, `rubrics.json`, …). Throws with what to do when it is not there. */
export function readGradingData(folder: string): GradingData {
  if (!existsSync(join(folder, 'answers.jsonl')))
    throw new Error(`No marked answers in ${folder}: name their folder in GRADING_DATA (answers.jsonl, rubrics.json, criteria.jsonl, …).`);
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  const lines = (name: string) =>
    text(name)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  return {
    answers: lines('answers.jsonl'),
    rubrics: JSON.parse(text('rubrics.json')),
    criteria: lines('criteria.jsonl'),
    typed: lines('typed.jsonl'),
    injections: lines('injections.jsonl'),
    controls: lines('injection-controls.jsonl'),
  };
}

/** Small seeded generator (mulberry32): figures must be repeatable. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A seed from a text: the same text is always disturbed in the same way. */
export function seedOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0);
}
