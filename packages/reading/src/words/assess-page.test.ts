import { describe, expect, it } from '@jest/globals';
import type { InkMap } from '../pages/ink.ts';
import { assessPage, assessPictures, type PageEvidence } from './assess-page.ts';
import type { PlacedLines } from './page-words.ts';

const size = { width: 600, height: 800 };

/** A page whose ink are bars of 8 × 8 px at the given places. */
function inkAt(places: ReadonlyArray<readonly [number, number]>): InkMap {
  const mask = new Uint8Array(size.width * size.height);
  for (const [x, y] of places) for (let row = y; row < y + 8; row += 1) mask.fill(1, row * size.width + x, row * size.width + x + 8);
  return { ...size, mask, dark: mask, share: (64 * places.length) / mask.length };
}

/** Lines of words of the given confidence, ten to a line, each on its bar of ink. */
function pageOf(text: string, confidence: number, unread: ReadonlyArray<readonly [number, number]> = []): [PlacedLines, PageEvidence] {
  const words = text.split(' ').map((word, index) => {
    const place = [20 + (index % 10) * 50, 20 + Math.floor(index / 10) * 30] as const;
    return { text: word, confidence, box: [...place, 8, 8] as [number, number, number, number] };
  });
  const ink = inkAt([...words.map(({ box: [x, y] }) => [x, y] as const), ...unread]);
  return [[words], { ...size, ink, languages: ['eng'], unread: 0, sharpness: () => 0.7, photo: false }];
}

const english = 'the plant takes in water from the soil and gives off oxygen to the air when there is light on its leaves';
const nonsense = 'xqv bnk zzt plk wrt mnb vcx kjh gfd ptr qws zxc vbn mlk jhg fds rtw bvc nmh gtr fvb';

describe('assessPage', () => {
  it('doubts nothing on a page that was read well', () => {
    const { confidence, doubts } = assessPage(...pageOf(english, 0.97));
    expect(doubts).toEqual([]);
    expect(confidence).toBeGreaterThan(0.98);
  });

  it('doubts a photo that is read as well as a scan that may pass', () => {
    const [lines, page] = pageOf(english, 0.8);
    expect(assessPage(lines, page).doubts).toEqual([]);
    expect(assessPage(lines, { ...page, photo: true }).doubts).toEqual(['LOW_CONFIDENCE']);
    const [well, wellRead] = pageOf(english, 0.97);
    expect(assessPage(well, { ...wellRead, photo: true }).doubts).toEqual([]);
  });

  it.each<[string, [PlacedLines, PageEvidence], string[]]>([
    ['words that are probably wrong', pageOf(english, 0.6), ['LOW_CONFIDENCE']],
    [
      'ink that stands in no word',
      pageOf(
        english,
        0.97,
        Array.from({ length: 20 }, (_, i) => [20 + i * 25, 500] as const),
      ),
      ['INK_NOT_READ'],
    ],
    ['words of no language', pageOf(nonsense, 0.9), ['NOT_LANGUAGE']],
  ])('doubts %s', (_, page, expected) => {
    expect(assessPage(...page).doubts).toEqual(expected);
  });

  it('does not take short answers for a foreign language, and doubts a page of them when one could not be read', () => {
    const answers = Array.from({ length: 25 }, (_, index) => `${index + 1}. ${'BCD'[index % 3]}`).join(' ');
    const [lines, page] = pageOf(answers, 0.9);
    expect(assessPage(lines, page).doubts).toEqual([]);
    expect(assessPage(lines, { ...page, unread: 1 }).doubts).toEqual(['INK_NOT_READ']);
  });

  it('names blur as a reason of bad reading, not as a fault of its own', () => {
    const [lines, page] = pageOf(english, 0.6);
    expect(assessPage(lines, { ...page, sharpness: () => 0.1 }).doubts).toEqual(['LOW_CONFIDENCE', 'BLURRED']);
    const [well, wellRead] = pageOf(english, 0.97);
    expect(assessPage(well, { ...wellRead, sharpness: () => 0.1 }).doubts).toEqual([]);
  });

  it('expects nothing of ink without a word', () => {
    const [, page] = pageOf(english, 0.97);
    expect(assessPage([], page)).toMatchObject({ confidence: 0, doubts: ['LOW_CONFIDENCE', 'INK_NOT_READ'] });
  });
});

describe('assessPictures', () => {
  it('doubts a pasted answer that was read badly, not a logo', () => {
    const word = (confidence: number) => ({ text: 'word', confidence, box: [0, 0, 8, 8] as [number, number, number, number] });
    expect(assessPictures([Array.from({ length: 8 }, () => word(0.4))])).toEqual(['LOW_CONFIDENCE']);
    expect(assessPictures([Array.from({ length: 8 }, () => word(0.97))])).toEqual([]);
    expect(assessPictures([[word(0.4)]])).toEqual([]);
  });
});
