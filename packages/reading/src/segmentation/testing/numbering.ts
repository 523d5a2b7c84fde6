/** Ways in which students write the number of a question. `own`: stands on a line of its own. */
export interface Numbering {
  name: string;
  write: (n: string) => string;
  own?: boolean;
}

export const numberings: Numbering[] = [
  { name: 'n.', write: (n) => `${n}.` },
  { name: 'n)', write: (n) => `${n})` },
  { name: '(n)', write: (n) => `(${n})` },
  { name: '[n]', write: (n) => `[${n}]` },
  { name: 'n', write: (n) => n },
  { name: 'n-', write: (n) => `${n}-` },
  { name: 'n -', write: (n) => `${n} -` },
  { name: 'n:', write: (n) => `${n}:` },
  { name: 'n.)', write: (n) => `${n}.)` },
  { name: 'Qn.', write: (n) => `Q${n}.` },
  { name: 'Q.n', write: (n) => `Q.${n}` },
  { name: 'Q. n)', write: (n) => `Q. ${n})` },
  { name: 'Qn', write: (n) => `Q${n}` },
  { name: 'Q-n', write: (n) => `Q-${n}` },
  { name: 'Qn)=>', write: (n) => `Q${n})=>` },
  { name: 'Question n:', write: (n) => `Question ${n}:` },
  { name: 'Question n', write: (n) => `Question ${n}`, own: true },
  { name: 'QUESTION No. n', write: (n) => `QUESTION No. ${n}`, own: true },
  { name: 'Answer to Question n', write: (n) => `Answer to Question ${n}`, own: true },
  { name: 'Ans to the Q. No. n', write: (n) => `Ans to the Q. No. ${n}`, own: true },
  { name: 'Ans n:', write: (n) => `Ans ${n}:` },
  { name: 'Ans.n)', write: (n) => `Ans.${n})` },
  { name: 'Ans-n', write: (n) => `Ans-${n}` },
  { name: 'A n.', write: (n) => `A${n}.` },
  { name: 'Sol n:', write: (n) => `Sol ${n}:` },
  { name: '#n', write: (n) => `#${n}` },
  { name: 'No. n', write: (n) => `No. ${n}` },
  { name: 'Task n:', write: (n) => `Task ${n}:` },
  { name: 'Problem n.', write: (n) => `Problem ${n}.` },
];

/** How parts are written: the first one of a question, behind its number, and the later ones alone. */
export interface PartNumbering {
  name: string;
  first: (n: string, part: string) => string;
  later: (n: string, part: string) => string;
  /** The first part stands below the number. */
  below?: boolean;
}

export const partNumberings: PartNumbering[] = [
  { name: '1(a) (b)', first: (n, p) => `${n}(${p})`, later: (_, p) => `(${p})` },
  { name: '1(a) 1(b)', first: (n, p) => `${n}(${p})`, later: (n, p) => `${n}(${p})` },
  { name: '1. a) b)', first: (n, p) => `${n}. ${p})`, later: (_, p) => `${p})` },
  { name: '1 a) 1 b)', first: (n, p) => `${n} ${p})`, later: (n, p) => `${n} ${p})` },
  { name: '1.a 1.b', first: (n, p) => `${n}.${p}`, later: (n, p) => `${n}.${p}` },
  { name: '1a. 1b.', first: (n, p) => `${n}a.`.replace('a', p), later: (n, p) => `${n}${p}.` },
  { name: 'Q1 a) b)', first: (n, p) => `Q${n} ${p})`, later: (_, p) => `${p})` },
  { name: 'Q1(a) Q1(b)', first: (n, p) => `Q${n}(${p})`, later: (n, p) => `Q${n}(${p})` },
  { name: '1. / (a) (b)', first: (_, p) => `(${p})`, later: (_, p) => `(${p})`, below: true },
  { name: '1. / a. b.', first: (_, p) => `${p}.`, later: (_, p) => `${p}.`, below: true },
  { name: 'Question 1 / a) b)', first: (_, p) => `${p})`, later: (_, p) => `${p})`, below: true },
];
