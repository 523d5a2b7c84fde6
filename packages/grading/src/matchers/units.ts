/** Spelled-out units and their symbols. */
const words: Record<string, string> = {
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  sekunde: 's',
  sekunden: 's',
  minute: 'min',
  minutes: 'min',
  mins: 'min',
  minuten: 'min',
  hr: 'h',
  hrs: 'h',
  hour: 'h',
  hours: 'h',
  stunde: 'h',
  stunden: 'h',
  day: 'd',
  days: 'd',
  metre: 'm',
  metres: 'm',
  meter: 'm',
  meters: 'm',
  kilometre: 'km',
  kilometres: 'km',
  kilometer: 'km',
  kilometers: 'km',
  centimetre: 'cm',
  centimetres: 'cm',
  centimeter: 'cm',
  centimeters: 'cm',
  millimetre: 'mm',
  millimetres: 'mm',
  millimeter: 'mm',
  millimeters: 'mm',
  gram: 'g',
  grams: 'g',
  gramm: 'g',
  kilogram: 'kg',
  kilograms: 'kg',
  kilogramm: 'kg',
  litre: 'L',
  litres: 'L',
  liter: 'L',
  liters: 'L',
  newton: 'N',
  newtons: 'N',
  joule: 'J',
  joules: 'J',
  watt: 'W',
  watts: 'W',
  volt: 'V',
  volts: 'V',
  amp: 'A',
  amps: 'A',
  ampere: 'A',
  amperes: 'A',
  ohm: 'Ω',
  ohms: 'Ω',
  coulomb: 'C',
  coulombs: 'C',
  kelvin: 'K',
  hertz: 'Hz',
  pascal: 'Pa',
  pascals: 'Pa',
  mole: 'mol',
  moles: 'mol',
  percent: '%',
  prozent: '%',
  degree: '°',
  degrees: '°',
  celsius: '°C',
  euro: '€',
  euros: '€',
  dollar: '$',
  dollars: '$',
  kph: 'km/h',
  kmh: 'km/h',
  mps: 'm/s',
  l: 'L',
};

/** Units that make an unlisted unit a wrong one and not just the next word. */
const usual = new Set(
  's ms min h d m km cm mm g kg mg L mL ml N kN J kJ W kW V mV A mA Ω kΩ C K °C °F Hz kHz Pa kPa mol % ° € $ eV T Wb F H lm lx bar atm cal kcal rad'.split(
    ' ',
  ),
);

const component = /^(?<letters>[\p{L}°%Ωµμ€$£]+)(?:\^?(?<power>-?\d))?$/u;
const unitText = /^\s?(?:[\p{L}°%Ωµμ€$£]+\.?(?:\^?-?\d(?!\d))?(?:\s?[/*]\s?|\sper\s|\s|(?![\p{L}])))+/u;

/**
 * One form for all spellings of a unit: `m/s`, `m s^-1`, `metres per second` → `m^1 s^-1`. Null for what is no unit text.
 */
export function canonicalUnit(text: string): string | null {
  const powers = new Map<string, number>();
  let sign = 1;
  for (const part of expand(text).match(/\/|[^\s/*]+/g) ?? []) {
    if (part === '/') {
      sign = -1;
      continue;
    }
    const groups = component.exec(part.replace(/\.$/, ''))?.groups;
    if (!groups?.letters) return null;
    const symbol = groups.letters.replace('μ', 'µ');
    powers.set(symbol, (powers.get(symbol) ?? 0) + sign * Number(groups.power ?? 1));
  }
  if (powers.size === 0) return null;
  return [...powers]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([symbol, power]) => `${symbol}^${power}`)
    .join(' ');
}

function expand(text: string): string {
  return text
    .trim()
    .replace(/°\s+(?=[CF]\b)/g, '°')
    .replace(/\sper\s/gi, '/')
    .replace(/\p{L}+/gu, (word) => words[word.toLowerCase().length === 1 ? word : word.toLowerCase()] ?? word);
}

/** True for a spelling of one of the symbols or of a usual unit. */
export function isUnitSpelling(text: string, symbols: readonly string[]): boolean {
  const canonical = canonicalUnit(text);
  return canonical !== null && (symbols.some((symbol) => canonicalUnit(symbol) === canonical) || usual.has(expand(text)));
}

export type ReadUnit =
  | { kind: 'none' }
  | { kind: 'known'; symbol: string; length: number }
  | { kind: 'other'; text: string; length: number };

/** Reads the unit at the beginning of `after`, the text behind a number: one of `symbols`, another usual unit, or none. */
export function readUnit(after: string, symbols: readonly string[]): ReadUnit {
  const whole = unitText.exec(after)?.[0] ?? '';
  for (let candidate = whole; candidate.trim() !== ''; candidate = shorten(candidate)) {
    const symbol = sameUnit(candidate, symbols);
    if (symbol !== null) return { kind: 'known', symbol, length: candidate.trimEnd().length };
  }
  const first = /^\s?[\p{L}°%Ωµ€$£]+/u.exec(whole)?.[0] ?? '';
  const text = expand(first);
  return usual.has(text) ? { kind: 'other', text, length: first.length } : { kind: 'none' };
}

function shorten(candidate: string): string {
  return candidate.trimEnd().replace(/(?:[/*]|[\p{L}°%Ωµμ€$£]+\.?(?:\^?-?\d)?|\d)$/u, '');
}

function sameUnit(text: string, symbols: readonly string[]): string | null {
  const canonical = canonicalUnit(text);
  if (canonical === null) return null;
  const exact = symbols.find((symbol) => canonicalUnit(symbol) === canonical);
  if (exact !== undefined) return exact;
  const close = symbols.filter(
    (symbol) => differsInHarmlessCase(canonicalUnit(symbol) ?? '', canonical) || squeezed(symbol) === squeezed(text),
  );
  return close.length === 1 ? (close[0] ?? null) : null;
}

/** `KM/H` is km/h, but `mW` is never MW. */
function differsInHarmlessCase(a: string, b: string): boolean {
  if (a.toLowerCase() !== b.toLowerCase()) return false;
  const partsB = b.split(' ');
  return a.split(' ').every((part, index) => !/^[mM]\p{L}/u.test(part) || part[0] === partsB[index]?.[0]);
}

/** `ms-1` beside `m/s`: without blanks and signs both are m s -1. */
function squeezed(text: string): string {
  const canonical = canonicalUnit(text);
  return (canonical ?? text).replaceAll('^1', '').replace(/[\s^]/g, '');
}
