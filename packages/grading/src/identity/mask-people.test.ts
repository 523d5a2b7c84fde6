import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeQuestion } from '../testing/questions.ts';
import { mappedTextOf } from '../text/mapped-text.ts';
import { foldName, foldNumber, type KnownPerson, personOfLabel } from './known-people.ts';
import { createPeopleMask } from './mask-people.ts';

const question = makeQuestion({
  prompt: 'State the second law of Newton for a stone of mass 1998 g.',
  modelAnswers: [{ text: 'Force is mass times acceleration; Isaac Newton found it. Write to laws@example.org.' }],
});
const anna: KnownPerson = { name: 'Anna-Lena Meyer', email: 'anna.meyer@school.example', rollNumber: '2021-CS-045' };
const roster: KnownPerson[] = [
  anna,
  { name: 'Newton, Isaac', email: 'isaac77@school.example', rollNumber: '17' },
  { name: 'Will May', email: null, rollNumber: '1998' },
  { name: 'José Gruß', email: null, rollNumber: null },
];
const mask = (text: string, people: readonly KnownPerson[] = roster) => createPeopleMask(people, question)(mappedTextOf(text, 20_000)).text;

describe('names', () => {
  it.each([
    ['My name is Anna-Lena Meyer and I say so', 'My name is [PERSON-1] and I say so'],
    ['MEYER, anna lena: force', '[PERSON-1]: force'],
    ['by A. Meyer', 'by [PERSON-1]'],
    ["meyer's law", "[PERSON-1]'s law"],
    ['Meycr wrote', '[PERSON-1] wrote'],
    ['annameyer', '[PERSON-1]'],
    ['jose and José GRUSS', '[PERSON-1] and [PERSON-1]'],
    ['Meyer asked Gruß, Anna answered', '[PERSON-1] asked [PERSON-2], [PERSON-1] answered'],
    ['signed: Will May', 'signed: [PERSON-1]'],
  ])('%j becomes %j', (text, masked) => expect(mask(text)).toBe(masked));

  it.each([
    ['Newton says that force is mass times acceleration'],
    ['Isaac Newton found it'],
    ['it will fall and may break'],
    ['the metre is a unit'],
    ['a small meyen of grass'],
  ])('%j stays: words of the question, of grammar, and ordinary words', (text) => expect(mask(text)).toBe(text));

  it('do not depend on who else is on the roster', () => {
    const text = 'Anna thinks that José is right';
    expect(mask(text, [...roster].reverse())).toBe(mask(text));
  });
});

describe('addresses and numbers', () => {
  it.each([
    ['anna.meyer@school.example', '[EMAIL-1]'],
    ['write to Nobody.Else @ mail.example .org now', 'write to [EMAIL-1] now'],
    ['isaac77 was here', '[PERSON-1] was here'],
    ['roll number 2021 CS O45', 'roll number [NUMBER-1]'],
    ['2o21-cs-045', '[NUMBER-1]'],
    ['Roll no. 17: it takes 17 s', 'Roll no. [NUMBER-1]: it takes 17 s'],
  ])('%j becomes %j', (text, masked) => expect(mask(text)).toBe(masked));

  it('that the question names stay', () => {
    for (const text of ['1998 g', 'laws@example.org', '12021 is a number of its own']) expect(mask(text)).toBe(text);
  });
});

describe('what a sheet is called', () => {
  it('counts as a name and numbers', () => {
    const people = [personOfLabel('Zoë Quist 88123')];
    expect(mask('Quist, Zoe (88123) says', people)).toBe('[PERSON-1] ([NUMBER-1]) says');
  });

  it('is no name where its words are ordinary ones', () => {
    const people = [personOfLabel('Second sheet')];
    expect(mask('9.81 metres per second', people)).toBe('9.81 metres per second');
    expect(mask('SECOND SHEET: gravity', people)).toBe('[PERSON-1]: gravity');
  });
});

describe('whatever a student writes', () => {
  const letter = fc.constantFrom(...'abcdefghijklmnoprstuvwäöüéñ');
  const word = fc.string({ unit: letter, minLength: 3, maxLength: 10 }).map((text) => text.charAt(0).toUpperCase() + text.slice(1));
  const person = fc.record({
    name: fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' ')),
    email: fc.tuple(word, word).map(([first, last]) => `${foldName(first)}.${foldName(last)}@school.example`),
    rollNumber: fc
      .string({ unit: fc.constantFrom(...'0123456789ABCX'), minLength: 5, maxLength: 9 })
      .filter((number) => /\d{2}/.test(number)),
  });
  const styles = [(text: string) => text, (text: string) => text.toUpperCase(), (text: string) => text.toLowerCase()];
  const grammar = 'the of it is and why so was were force mass ordinary'.split(' ');

  it('no name, address or number of the roster leaves, and every place leads back to the answer', () => {
    fc.assert(
      fc.property(
        fc.array(person, { minLength: 1, maxLength: 8 }),
        fc.array(
          fc.record({
            who: fc.nat(),
            what: fc.constantFrom('name', 'turned', 'part', 'slip', 'email', 'number'),
            style: fc.constantFrom(...styles),
            before: fc.constantFrom(...grammar),
            at: fc.nat(),
          }),
          { minLength: 1, maxLength: 12 },
        ),
        (people, mentions) => {
          const written = mentions.map(({ who, what, style, at }) => {
            const chosen = people[who % people.length] as (typeof people)[number];
            const parts = chosen.name.split(' ');
            const one = parts[at % parts.length] as string;
            const slip = one.length >= 5 ? `${one.slice(0, 2)}z${one.slice(3)}` : one;
            const forms = { name: chosen.name, turned: [parts.at(-1), ...parts.slice(0, -1)].join(', '), part: one, slip };
            const texts: Record<string, string> = { ...forms, email: chosen.email, number: chosen.rollNumber };
            return what === 'slip' ? slip : style(texts[what] as string);
          });
          const answer = mentions.map(({ before }, index) => `${before} ${written[index]}`).join('. ');
          const sent = createPeopleMask(people, question)(mappedTextOf(answer, 20_000));
          const topic = new Set(`${question.prompt} ${question.modelAnswers[0]?.text}`.split(/[^\p{L}\p{N}]+/u).map(foldName));
          const left = sent.text.split(/[^\p{L}\p{N}]+/u).map(foldName);
          const secret = people.flatMap(({ name }) => name.split(' ').map(foldName));
          const harmless = new Set([...topic, ...grammar, 'person', 'email', 'number']);
          for (const part of secret) if (!harmless.has(part) && !isGrammar(part)) expect(left).not.toContain(part);
          const numbers = sent.text.split(/[^\p{L}\p{N}]+/u).map(foldNumber);
          for (const { rollNumber } of people) expect(numbers).not.toContain(foldNumber(rollNumber));
          expect(sent.text).not.toContain('@');
          sent.text.split('').forEach((character, index) => {
            const slice = answer.slice(sent.starts[index], sent.ends[index]);
            expect(slice.length === 1 ? slice : written.some((text) => slice.includes(text.slice(0, 2)))).toBeTruthy();
            if (slice.length === 1 && slice !== character) expect(/[[\]\w-]/.test(character)).toBe(true);
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});

function isGrammar(part: string): boolean {
  const words = createPeopleMask([{ name: part, email: null, rollNumber: null }], question)(mappedTextOf(part, 100));
  return words.text === part;
}
