import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { respell } from './respell.ts';
import { tokenise } from './tokens.ts';
import { tolerantlyEqual } from './tolerant.ts';

const vocabulary = new Set('the stack grows when a function calls itself and overflows its memory left left-hand toiletten'.split(' '));
const written = (text: string) => respell(tokenise(text, 'en').tokens, vocabulary, 'en');
const words = (text: string) =>
  written(text)
    .map(({ word }) => word)
    .join(' ');

describe('respell', () => {
  it.each([
    ['a misread word', 'fvnction', 'function'],
    ['two look-alikes in a longer word', 'owerflovvs', 'overflows'],
    ['a word that reading has split', 'fun ction le ft', 'function left'],
    ['a split word that is misread as well', 't0il eften', 'toiletten'],
    ['words that reading has joined', 'thestack itselfand', 'the stack itself and'],
    ['joined words of which one is misread', 'thefvnction', 'the function'],
  ])('writes %s as the question does', (_what, given, expected) => {
    expect(words(given)).toBe(expected);
  });

  it('leaves words that only happen to be short, numbers, and words of no likeness', () => {
    expect(words('an ant 128 queue of the tree')).toBe('an ant 128 queue of the tree');
  });

  it('does not turn a word into its opposite', () => {
    const signs = new Set(['synchronous', 'interior']);
    expect(respell(tokenise('asynchronous exterior', 'en').tokens, signs, 'en').map(({ word }) => word)).toEqual([
      'asynchronous',
      'exterior',
    ]);
  });

  it('keeps the places of what was given', () => {
    const text = 'My thefvnction le ft.';
    expect(written(text).map(({ from, to }) => text.slice(from, to))).toEqual(['My', 'thefvnction', 'thefvnction', 'le ft']);
  });

  it('changes no text that is made of words it knows', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...vocabulary).filter((word) => !word.includes('-'))), (list) => {
        expect(words(list.join(' '))).toBe(list.join(' '));
      }),
    );
  });
});

describe('tolerant equality', () => {
  it.each([
    ['verabschiedet', 'verobsehiedet', true],
    ['memory', 'mcmoru', false],
    ['parameters', 'porometcrs', true],
    ['fotos', 'totos', true],
    ['make', 'bake', false],
    ['interior', 'exterior', false],
    ['1250', '1260', false],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(tolerantlyEqual(a, b)).toBe(expected);
    expect(tolerantlyEqual(b, a)).toBe(expected);
  });
});
