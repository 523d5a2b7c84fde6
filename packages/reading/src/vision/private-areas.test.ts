import type { Box, PageReading } from '@gradeflow/contracts';
import { describe, expect, it } from '@jest/globals';
import { findFieldLabels } from './field-labels.ts';
import { findPrivateAreas } from './private-areas.ts';
import { pageOf } from './testing/pages.ts';

const valueIn = (line: string): string | null => {
  const words = line.split(' ');
  const [label] = findFieldLabels(words);
  return label ? words.slice(label.holdsValue ? label.to - 1 : label.to).join(' ') : null;
};

describe('labels of personal fields', () => {
  it.each([
    ['Name: Maria Keller', 'Maria Keller'],
    ['Name maria keller', 'maria keller'],
    ['NAME OF THE STUDENT : Maria', ': Maria'],
    ['Full Name Maria', 'Maria'],
    ['Name:Maria Keller', 'Name:Maria Keller'],
    ['Nane: Maria', 'Maria'],
    ['Narne: Maria', 'Maria'],
    ['Class 10 Name: Maria', 'Maria'],
    ['Roll No. 4711', '4711'],
    ['Roll N0. 4711', '4711'],
    ['Student ID 20-331', '20-331'],
    ['Matriculation Number: 12', '12'],
    ['Matrikelnummer 123456', '123456'],
    ['Reg. No. 88', '88'],
    ['ID: 77', '77'],
    ['E-mail: x', 'x'],
    ['Date of birth 1.1.2001', '1.1.2001'],
    ['Vorname: Maria', 'Maria'],
    ['Student: Maria', 'Maria'],
  ])('%s', (line, value) => {
    expect(valueIn(line)).toBe(value);
  });

  it.each([
    'Name the capital of France.',
    'Name three planets.',
    'Name 3 planets',
    'What is the name of this process?',
    'The roll number is odd.',
    'Same as above',
    'I came home and the name was gone',
    'The student likes physics',
    'idea: a plant grows',
    'Node: a leaf',
    'send it to us by email.',
    'In an email the sender is known',
  ])('not in: %s', (line) => {
    expect(valueIn(line)).toBeNull();
  });
});

const hiddenTexts = (page: PageReading, people: Parameters<typeof findPrivateAreas>[1] = [], always: Box[] = []) =>
  [...findPrivateAreas(page, people, always).hidden].sort((a, b) => a - b).map((index) => page.words[index]?.text);
const maria = { name: 'Maria von Keller', email: 'm.keller99@school.example' };

describe('what is painted out', () => {
  it('is the rest of the line behind a label to the edge of the page, also where nothing was read, and no other line', () => {
    const page = pageOf(['Physics test 4', 'Name: Maria', '1. Light is refracted']);
    const { areas, hidden } = findPrivateAreas(page, []);
    expect([...hidden].map((index) => page.words[index]?.text)).toEqual(['Maria']);
    const label = page.words.find(({ text }) => text === 'Name:')?.box ?? [0, 0, 0, 0];
    expect(areas).toContainEqual([label[0] + label[2], expect.any(Number), page.width - label[0] - label[2], expect.any(Number)]);
    for (const [, y, , h] of areas) expect([y < label[1], y + h > label[1] + label[3]]).toEqual([true, true]);
  });

  it('is the line below a label that has nothing beside it', () => {
    expect(hiddenTexts(pageOf(['Name:', 'Maria Keller', '1. Light']))).toEqual(['Maria', 'Keller']);
  });

  it('is every address, also one in pieces', () => {
    expect(hiddenTexts(pageOf(['write to m.k@school.example now', 'or x @ home.example today', 'at @ rest']))).toEqual([
      'm.k@school.example',
      'x',
      '@',
      'home.example',
    ]);
  });

  it('is the known student wherever the name stands, misread or not, and short parts only beside another', () => {
    const page = pageOf(['Maria wrote this', 'by Kel1er, Marla', 'von hier nach dort', 'von Keller']);
    expect(hiddenTexts(page, [maria])).toEqual(['Maria', 'Kel1er,', 'Marla', 'von', 'Keller']);
  });

  it('is of a whole roster only who is named in full: names are words too', () => {
    const roster = [maria, { name: 'Rose Field', email: 'rf@school.example' }];
    expect(hiddenTexts(pageOf(['a field of force', 'Maria rose', 'Rose Field']), roster)).toEqual(['Rose', 'Field']);
  });

  it('is what the operator names, in shares of the page', () => {
    const page = pageOf(['secret header', 'answer']);
    expect(hiddenTexts(page, [], [[0, 0, 1, 0.09]])).toEqual(['secret', 'header']);
  });
});
