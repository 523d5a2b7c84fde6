/** The JSON value in a model's text: the whole text, or what stands from the first `{` to the last `}` (code fences, words around it). Undefined when there is none. */
export function readJsonReply(content: string): unknown {
  const begin = content.indexOf('{');
  const end = content.lastIndexOf('}');
  for (const text of [content, begin >= 0 && end > begin ? content.slice(begin, end + 1) : null]) {
    if (text === null) continue;
    try {
      return JSON.parse(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}
