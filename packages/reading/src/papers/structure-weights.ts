/**
 * Evidence in the manner of log odds. Set by hand from what each sign means on printed papers, while looking at about twenty scanned pages of one
 * college; not fitted by a program.
 */
export const weigh = {
  /** A part by noise alone before the paper's way of numbering parts is known. */
  noStyleYet: -1.2,
  /** Nothing stands where the number should be; something unreadable stands there. */
  absentNumber: -2.6,
  noisyNumber: 0.3,
  /** A first part that is read says that a number stood before it. */
  absentBeforePart: -0.8,
  absentPart: -2.4,
  /** Behind a number, on a paper whose questions have parts. */
  absentFirstPart: -1.2,
  /** A number is printed there, but not the one that must come: digits are misread too. */
  otherNumber: -0.8,
  noisyPart: 0,
  skipped: -2.2,
  skippedPart: -2.5,
  /** A page from the middle of a paper; below a heading or an instruction a paper begins with 1. */
  firstIsNotOne: -0.7,
  notOneBelowHeading: -2.5,
  roomAbove: 0.8,
  noRoomAbove: -0.3,
  inColumn: 0.7,
  offColumn: -1.3,
  smallLetterFollows: -1.2,
  markAtStart: 0.6,
  secondMark: -1.8,
  markTooEarly: -1.1,
  markTooLate: -0.8,
  leafWithoutMark: -0.9,
  sumFits: 1.5,
  sumPerMark: 0.4,
  sumOff: -2.2,
  countFits: 1.5,
  countOff: -1.5,
  nothingFound: -3,
  /** On a paper that writes "Question 3" a bare 3 is something else. */
  withoutKeyword: -4,
  repeatedNumber: -3.5,
  alternativeUnlabelled: -0.3,
  goesOnAfterOr: -1.5,
  otherStyle: -2,
};
