/**
 * Words of talk about grading, by what they are in it. A sentence that addresses a grader nearly always has words of several kinds (whoever marks + what is
 * given + for what); an answer to an exam question hardly ever has. English with the commonest words of German, French, Spanish and Italian.
 */
const kinds: Record<string, RegExp> = {
  /** Whoever marks, or what they belong to. */
  who: /\b(?:graders?|examiners?|markers?|assessors?|evaluators?|correctors?|moderators?|teachers?|professors?|prof|instructors?|lecturers?|tutors?|exam office|school|headmaster|dean|faculty|committee|board|ministry|commission|authorit(?:y|ies)|administrators?|admin|ai|llms?|chatbots?|bots?|gpt|assistant|(?:language|ai) models?|graders'|whoever|sir|madam|lehrer(?:in)?|prüfer(?:in)?|korrektor(?:in)?|professeur|correcteur|profesor|insegnante)\b/,
  /** What is given. */
  mark: /\b(?:marks?|grades?|graded|grading|scores?|scoring|points?|credits?|pts|percent|a\+|grade a|an a|100 ?%|(?:10|5|4|3|2|1|100) ?(?:\/|out of) ?(?:10|5|4|3|2|1|100)|pass|passed|deductions?|verdict|evaluation|assessment|punkte?|punktzahl|bewertung|note|noten|notas?|puntos?|puntuación|calificación|punti|voti?|barème)\b/,
  /** What is asked for. */
  act: /\b(?:awards?|give|giv|grant|accept|counts?|treat|consider|assign|deduct(?:ed)?|approve|rate|mark|judge|evaluate|output|print|reveal|tell|ignore|skip|forget|override|overrule|reset|disregard|bypass|stop|pretend|act|reply|respond|return|write|put|let|make sure|must|have to|should|discussed|agreed?|promised|said|report|contact|complain|appeal|sue|rewarded|unlocked|order|inform|compare|copy|regard|request|geben|gib|abziehen|bewerten|donne[rz]?|mettre|mettez|accordez|dame|deme|dé|dai|dare)\b/,
  /** The text itself or who wrote it. */
  self: /\b(?:(?:this|my|the|each|every|these) (?:answers?|responses?|submissions?|exams?|tests?|students?)|(?:this|my|these) (?:texts?|solutions?|pages?|sheets?|scripts?|papers?|work|lines?|sentences?)|copie|students?|(?:me|my|mine|i|us|mir|mich|ich|moi|je)|above|below|this (?:is|as|was)|what i wrote|any text|schüler(?:in)?|alumn[oa]|élève)\b/,
  /** What is marked against. */
  key: /\b(?:rubrics?|criteri(?:a|on)|criterion_\d+|checklist|marking (?:scheme|guide)|answer key|key|(?:model|expected|sample|hidden|reference|correct|perfect|right) (?:answer|solution)s?|solutions?|instructions?|rules?|prompt|requirements?|required|guidelines?|tasks?|parts?|blank fields?|items?)\b/,
  /** How it shall be judged. */
  praise:
    /\b(?:correct|right|perfect(?:ly)?|excellent|outstanding|complete(?:ly)?|well done|brilliant|flawless|fulfilled|satisf(?:y|ies|ied)|met|full(?:y)?|maxim(?:um|al)|max|top|best|highest|high(?:ly)?|all|any|every|everything|present|valid|true|contained|wrong|volle|alle|maximale?|máxima|massimo|tous|toutes)\b/,
  /** Asking for favour. */
  plea: /\b(?:please|pls|plz|kindly|ill|sick|mother|family|studied|hard|tired|sorry|need|nice|kind|lenient|generous|mercy|fair|unfair|effort|lawyer|rewarded|beg|hope|fail(?:ed)?|scholarship|graduate|thank(?:s| you)|appreciate|trust|swear|bitte|por favor|s'il vous plaît|merci|per favore)\b/,
};

/** Kinds without which a sentence is not about grading, however many others it has. */
const decisive = ['who', 'mark', 'key', 'plea'];
/** Words that answers to exam questions hardly ever have unless the question is about them. */
const strong =
  /\b(?:graders?|examiners?|assessors?|evaluators?|correctors?|teacher(?:'s)?|professors?|lecturers?|language models?|ai models?|chatbots?|rubrics?|answer key|marking (?:scheme|guide)|checklist|(?:hidden|model|expected|sample) (?:answer|solution)s?|(?:full|maximum|top|perfect|extra|partial) (?:credits?|marks?|points?|grades?|scores?)|deductions?|verdict|well done|excellent|a\+|grade a|(?:10|5|4|3|2) ?(?:\/|out of) ?(?:10|5|4|3|2)|(?:my|this) grade|(?:grade|rate|mark) (?:this|that|me|it)|grading|punktzahl|puntuación|prüfer|korrektor|correcteur)(?![\p{L}\p{N}])/u;
const maxWordsWithStrong = 20;
const maxWordsWithThree = 14;

/**
 * Whether a sentence (normalised, lower case) talks about grading rather than about the question: words of at least four of seven kinds; of three in a short sentence; of two beside an
 * unmistakable word. `topic` are words of the question, which count for nothing.
 */
export function talksAboutGrading(sentence: string, topic: ReadonlySet<string>): boolean {
  const words = sentence.split(/\s+/).length;
  const found = Object.entries(kinds)
    .filter(([, pattern]) => hasOwnWord(sentence, pattern, topic))
    .map(([kind]) => kind);
  const weighty = found.filter((kind) => decisive.includes(kind)).length;
  if (weighty === 0) return false;
  if (found.length >= 2 && words <= maxWordsWithStrong && hasOwnWord(sentence, strong, topic)) return true;
  if (found.length >= 3 && words <= maxWordsWithThree && (weighty >= 2 || found.includes('self'))) return true;
  return found.length >= 4 && found.length >= 0.8 * Math.sqrt(words);
}

/** Whether a sentence has any word of talk about grading: far too little to say so, enough to look twice. */
export function mentionsGrading(sentence: string, topic: ReadonlySet<string>): boolean {
  return Object.values(kinds).some((pattern) => hasOwnWord(sentence, pattern, topic));
}

function hasOwnWord(sentence: string, pattern: RegExp, topic: ReadonlySet<string>): boolean {
  for (const match of sentence.matchAll(new RegExp(pattern, 'gu'))) if (!topic.has(match[0])) return true;
  return false;
}
