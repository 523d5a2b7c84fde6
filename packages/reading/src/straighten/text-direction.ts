import type { Spot } from './spots.ts';

/** What neighbouring letters tell about which side of them is up. */
export interface UprightVotes {
  /** Pairs that stand on one line and reach up to different heights, as in `al`. */
  up: number;
  /** Pairs that hang from one line and reach down differently, as in `ap`. */
  down: number;
}

/**
 * Latin letters stand on a line: `b d f h k l t`, capitals and digits rise above their neighbours far more often than
 * `g j p q y` and commas hang below them. Counts pairs of neighbours for either. `degrees`: skew of the lines.
 * Letters of one height (capitals, digits) vote for neither.
 */
export function countUprightVotes(spots: readonly Spot[], degrees: number): UprightVotes {
  const slope = Math.tan((degrees * Math.PI) / 180);
  const sorted = [...spots].sort((a, b) => a.left - b.left);
  const votes = { up: 0, down: 0 };
  sorted.forEach((spot, index) => {
    const neighbour = findNeighbour(sorted, index);
    if (!neighbour) return;
    const fall = ((neighbour.left + neighbour.right - spot.left - spot.right) / 2) * slope;
    const heads = Math.abs(neighbour.top - spot.top - fall);
    const feet = Math.abs(neighbour.bottom - spot.bottom - fall);
    const size = Math.min(heightOf(spot), heightOf(neighbour));
    const level = Math.max(1.5, 0.12 * size);
    const apart = Math.max(3, 0.22 * size);
    if (feet <= level && heads >= apart) votes.up += 1;
    else if (heads <= level && feet >= apart) votes.down += 1;
  });
  return votes;
}

/** By how many standard deviations more pairs say up than a coin would. */
export function uprightScore({ up, down }: UprightVotes): number {
  return (up - down) / Math.sqrt(up + down + 1);
}

/** The next letter to the right on the same line, of a like size; null when there is none within 1.2 heights. */
function findNeighbour(sorted: readonly Spot[], index: number): Spot | null {
  const spot = sorted[index] as Spot;
  const height = heightOf(spot);
  const reach = spot.right + 1.2 * height;
  for (let i = index + 1; i < sorted.length; i += 1) {
    const other = sorted[i] as Spot;
    if (other.left >= reach) return null;
    if (2 * other.left < spot.left + spot.right) continue;
    const otherHeight = heightOf(other);
    const overlap = Math.min(spot.bottom, other.bottom) - Math.max(spot.top, other.top);
    if (overlap < 0.4 * Math.min(height, otherHeight)) continue;
    if (otherHeight <= 2.2 * height && height <= 2.2 * otherHeight) return other;
  }
  return null;
}

function heightOf(spot: Spot): number {
  return spot.bottom - spot.top;
}
