import { maxGradedCharacters } from '../text/answer-text.ts';
import { normalise } from '../text/normalise.ts';
import { talksAboutGrading } from './grader-talk.ts';

const noTopic: ReadonlySet<string> = new Set();

/** A stretch of an answer that speaks to the grader instead of answering; `[start, end)` in the answer as given. */
export interface SuspectedInstruction {
  start: number;
  end: number;
}

const grader =
  '(?:graders?|examiners?|markers?|correctors?|evaluators?|teachers?|professors?|ai|a\\.i\\.|llms?|gpt|chatgpt|assistants?|language models?|prüfer|korrektor|correcteur)';
const marks = '(?:marks?|points?|scores?|grades?|credits?|punkte|punktzahl|note)';
const whole = '(?:full|max|maximum|maximal|all|every|best|highest|perfect|top|complete|possible|100|a\\+)';
const give = '(?:give|gives|award|awards|grant|allot|deserve|deserves|reward|credit|output|return|assign)';

/** Phrases that make sense only towards somebody who grades. Each was checked against ordinary answers: hints for people, never the defence. */
const patterns: RegExp[] = [
  new RegExp(`\\b${give}\\b[^.!?\\n]{0,30}\\b${whole}\\b(?: (?:the|of|number|possible|available|my|these|a))* ${marks}\\b`),
  new RegExp(`\\b${give}\\b (?:me|this|us|my)\\b[^.!?\\n]{0,40}\\b(?:${marks}|a pass|an a|\\d+ ?(?:/|out of) ?\\d+)`),
  new RegExp(`\\b(?:full|maximum|perfect|top) (?:${marks})\\b`),
  /\b(?:ignore|disregard|forget|override|bypass)\b[^.!?\n]{0,40}\b(?:previous|above|prior|earlier|instructions?|rubric|criteria|prompt|key|rules|system|what was said|answer key)\b/,
  /\bsystem (?:message|prompt|note|override|instruction)s?\b|(?:^|\n)\s{0,5}(?:system|assistant|user|developer)\s*:|<\|?(?:im_start|im_end|system|endoftext)|\[\/?inst\]/,
  /--\s{0,3}(?:end|begin|start) of (?:the )?(?:answer|student|submission|text|prompt)|<\/?\s*(?:score|grade|answer|student_answer|points|marks|result|criteria|evaluation)\b[^>]{0,80}>/,
  /[{[]\s*"?(?:score|grade|points|marks|status|decision|criteria|verdict|feedback)"?\s*:/,
  new RegExp(`\\b(?:dear|hey|hello|hi|note to|message to|attention|for the|to the) (?:the )?${grader}\\b`),
  new RegExp(
    `\\b${grader}\\b[^.!?\\n]{0,30}\\b(?:must|have to|has to|should|shall|please|are required|is required|need to)\\b[^.!?\\n]{0,30}\\b(?:accept|award|give|mark|grade|ignore|treat|pass|count|score)`,
  ),
  new RegExp(`\\b(?:i am|i'm|this is|as) (?:the|your|an?|speaking as) ${grader}\\b`),
  /\b(?:message|note|instruction|order|directive)s? (?:of|from|by) the (?:school|board|examiner|teacher|administration|headmaster|principal|university|ministry)/,
  /\b(?:mark|grade|score|count|accept|treat|consider|rate|evaluate) (?:this|it|my|the) ?(?:answer|response|submission|text|solution|one|line)? ?(?:as|is) (?:fully |completely |totally )?(?:right|correct|perfect|met|valid|true|mine|complete|full)\b/,
  /\b(?:the |my |this )?(?:answer|response|submission|text)s? (?:above|below|here)? ?(?:is|are) (?:perfect|fully correct|completely correct|100 ?% correct|excellent)\b/,
  /\b(?:do not|don't|never|not to) (?:deduct|subtract|take off|take away|remove)\b/,
  /\b(?:all|every|each)(?: of the)? (?:criteria|criterion|rubric items?|requirements?)\b[^.!?\n]{0,30}\b(?:met|satisfied|fulfilled|correct)\b/,
  /\b(?:the |your |this )?rubric\b[^.!?\n]{0,30}\b(?:not apply|is void|met|satisfied|changed|updated|ignore|irrelevant)/,
  /\b(?:best|highest|maximum|full) (?:possible )?(?:grade|mark|score)s?\b/,
  /\b(?:please|pls|plz|bitte|kindly)\b[^.!?\n]{0,40}\b(?:pass|nice|lenient|kind|generous|mercy|merciful|points?|marks?|grade|score|punkte|bestehen)\b/,
  /\b(?:let me pass|pass me|have mercy|be (?:nice|lenient|generous|kind) (?:to|with) me|i (?:really )?need (?:this|to pass|the (?:points|marks|grade)))\b/,
  /\bi (?:will|shall|am going to|'ll) (?:complain|sue|appeal|report you|call my lawyer|protest)\b/,
  /\b(?:quote|cite|use|copy) (?:this|the following|that) (?:line|sentence|text|answer|passage)\b|\bas (?:the )?evidence\b[^.!?\n]{0,20}$/,
  /\b(?:tell|show|reveal|print|give|repeat) (?:me |us )?(?:the |your )?(?:expected|model|reference|correct|sample|right) (?:answer|solution)|\b(?:reveal|print|show|repeat) (?:the |your )?(?:system )?(?:prompt|rubric|instructions)/,
  /(?:^|please |must |should |now )(?:act|pretend|behave|respond|role-?play) (?:as|like|to be|that you)\b|\byou are now\b|\bfrom now on you\b/,
  /(?:✓|✔|☑)\s*(?:correct|right|richtig|ok)|(?:\b\d+\s*\/\s*\d+\b[^.!?\n]{0,12}\((?:teacher|examiner|grader|lehrer)\))/,
  /(?:^|[.;,{]\s*)"?(?:(?:final |total )?(?:scores?|grades?|marks?|points)|verdict|decision|evaluation|assessment|punktzahl|bewertung|criteri(?:on|a)(?:[ _]\w+)?)"?\s*[:=]/,
  /^\W{0,3}(?:100|10|5|4|3|2|1)\s*(?:\/|out of)\s*(?:100|10|5|4|3|2|1)\b[^.?\n]{0,20}\b(?:good|great|excellent|correct|perfect|well|points?|marks?)\b/,
  /\b(?:tous les points|toutes? les? notes?|note maximale|la meilleure note|todos los puntos|nota máxima|puntuación máxima|tutti i punti|il massimo dei voti|todos os pontos|volle punktzahl|alle punkte|bestnote)\b/,
  /\b(?:donnez|donner|geben sie|gib|dame|deme|dai|dê)(?:-moi)?\b[^.!?\n]{0,40}\b(?:points?|note|punkte|puntos|punti|pontos)\b/,
];

const sentenceEnd = /(?<=[.!?])\s+(?=[\p{Lu}\p{N}"'<{[(✓-])|\n+/gu;

/**
 * Sentences of an answer that address the grader (ask for marks, claim authority, forge grading output, plead, threaten, hide text in base64).
 * Rules cannot find every attack: they mark answers for people and keep found ones from counting; the marks never rest on them.
 * `topic` are the words of the question, where talk about grades or points may belong. Only the part of the answer that is graded is looked at.
 */
export function findInstructions(given: string, topic: ReadonlySet<string> = noTopic): SuspectedInstruction[] {
  const answer = given.slice(0, maxGradedCharacters);
  const found: SuspectedInstruction[] = [];
  let start = 0;
  const ends = [...answer.matchAll(sentenceEnd)].map((match) => match.index + match[0].length);
  for (const end of [...ends, answer.length]) {
    if (end > start && isInstruction(answer.slice(start, end), topic)) found.push({ start, end });
    start = end;
  }
  return found;
}

function isInstruction(sentence: string, topic: ReadonlySet<string>): boolean {
  const plain = normalise(sentence).text;
  const suspect = (text: string) => matchesAny(text) || talksAboutGrading(text, topic);
  return suspect(plain) || (hasMixedDigits(plain) && suspect(unleet(plain))) || hidesText(sentence);
}

function matchesAny(text: string): boolean {
  return patterns.some((pattern) => pattern.test(text));
}

function hasMixedDigits(text: string): boolean {
  return /\p{L}[013457@$]\p{L}|\b[13450]\p{L}|\p{L}[1304]{1,2}\b/u.test(text);
}

function unleet(text: string): string {
  const letters: Record<string, string> = { '0': 'o', '1': 'l', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's' };
  const asL = text.replace(/[013457@$]/g, (character) => letters[character] ?? character);
  return `${asL}\n${asL.replace(/glve/g, 'give').replace(/polnt/g, 'point')}`;
}

/** Base64 that decodes to readable words. */
function hidesText(sentence: string): boolean {
  return (sentence.match(/[A-Za-z0-9+/]{16,}={0,2}/g) ?? []).some((piece) => {
    if (piece.length % 4 !== 0 || /^[a-z]+$|^[A-Z]+$|^\d+$/.test(piece)) return false;
    const decoded = Buffer.from(piece, 'base64').toString('latin1');
    return /^[\x20-\x7e\n]+$/.test(decoded) && /[a-z]{3,} [a-z]{2,}/i.test(decoded);
  });
}
