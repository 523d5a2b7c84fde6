import type { GreyImage, OcrEngine } from '../types.ts';
import { findSkew, type Skew } from './skew.ts';
import { findSpots, type Spot, turnSpots } from './spots.ts';
import { countUprightVotes, uprightScore } from './text-direction.ts';
import { readTurned, type TrialReading } from './trial-reading.ts';
import type { QuarterTurn } from './warp.ts';

/** How a page must be turned to be upright and level. */
export interface Turn {
  quarter: QuarterTurn;
  /** Degrees clockwise besides the quarter turn; 0 when the lines are level or nobody can tell. */
  degrees: number;
}

/** Standard deviations by which neighbouring letters must speak for a direction before no other is tried: 1 in 150 by chance. */
const sureScore = 2.5;
/** With fewer spots there are no words to tell a direction from. */
const minSpots = 12;
/** Lines that are this much clearer as the page lies leave no doubt that it does not lie on its side. Lists stand in columns too. */
const clearer = 1.3;
/** Lines stand out enough to level the page by them: printed and typed pages have 2.2–8, handwriting 1.4–2.6, no lines at all 1.1. */
const minClarity = 2;
/**
 * The engine levels less than this by itself. Between 0.5° and 1.2° turning saved 0.1–0.2 points of CER at most, up to 1.6° it cost as often as it
 * helped (66 readings of printed pages): softer letters, and other guesses at signatures. From 1.6° on it helped 29 times of 32 and never hurt.
 */
const minDegrees = 1.5;
/** Lines must fall by this much over the width of the text: short lines say an angle to a pixel or two at their ends. */
const minFallPx = 4;
/** A reading of a piece is good when this much of it is read surely. */
const goodReading = { letters: 12, share: 0.6 };
/** Times as many letters read surely: a good reading against the page as it lies; a poor one, such as handwriting gives, against every other way. */
const clearlyMore = { good: 2, poor: 4 };

interface View {
  quarter: QuarterTurn;
  skew: Skew;
  /** Standard deviations by which letters say that this turn makes the page upright. */
  score: number;
}

/** Finds how the page must be turned. Only a piece that is clearly read better than as it lies turns a page by a quarter or more. */
export async function findTurn(copy: GreyImage, deps: { engine: OcrEngine }): Promise<Turn> {
  const spots = findSpots(copy);
  const views = look(spots, copy.height);
  const asItLies = views[0] as View;
  const strongest = views.reduce((best, view) => (view.score > best.score ? view : best), asItLies);
  const sure = strongest === asItLies && asItLies.score >= sureScore;
  const upright = sure || spots.length < minSpots ? asItLies : await tryViews(copy, spots, views, deps);
  return { quarter: upright.quarter, degrees: levelling(upright.skew) };
}

/** The four ways a page can lie, as it lies first. */
function look(spots: readonly Spot[], height: number): View[] {
  const level = findSkew(spots);
  const turned = turnSpots(spots, height);
  const upended = findSkew(turned);
  const score = uprightScore(countUprightVotes(spots, level.degrees));
  const upendedScore = uprightScore(countUprightVotes(turned, upended.degrees));
  return [
    { quarter: 0, skew: level, score },
    { quarter: 90, skew: upended, score: upendedScore },
    { quarter: 180, skew: level, score: -score },
    { quarter: 270, skew: upended, score: -upendedScore },
  ];
}

async function tryViews(copy: GreyImage, spots: readonly Spot[], views: readonly View[], deps: { engine: OcrEngine }): Promise<View> {
  const asItLies = views[0] as View;
  const read = (view: View) => readTurned(deps.engine, copy, spots, view.quarter + levelling(view.skew));
  const first = await read(asItLies);
  if (isGood(first)) return asItLies;
  const others = views
    .filter(({ quarter, skew }) => quarter === 180 || (quarter !== 0 && clearer * skew.clarity > asItLies.skew.clarity))
    .sort((a, b) => b.score - a.score);
  const seen = [{ view: asItLies, reading: first }];
  for (const view of others) {
    const reading = await read(view);
    if (isGood(reading) && reading.letters >= clearlyMore.good * first.letters) return view;
    seen.push({ view, reading });
  }
  return pickPoor(seen) ?? asItLies;
}

/** Of readings that are all poor, the view of one that stands out from all others; null when none does. */
function pickPoor(seen: ReadonlyArray<{ view: View; reading: TrialReading }>): View | null {
  const [best, next] = [...seen].sort((a, b) => b.reading.letters - a.reading.letters);
  if (!best || best.reading.letters < goodReading.letters) return null;
  return best.reading.letters >= clearlyMore.poor * ((next?.reading.letters ?? 0) + 1) ? best.view : null;
}

function isGood({ letters, share }: TrialReading): boolean {
  return letters >= goodReading.letters && share >= goodReading.share;
}

function levelling({ degrees, clarity, width }: Skew): number {
  const fall = Math.abs(Math.tan((degrees * Math.PI) / 180)) * width;
  return clarity >= minClarity && Math.abs(degrees) >= minDegrees && fall >= minFallPx ? -degrees : 0;
}
