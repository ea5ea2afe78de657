// How the soak's processes talk: a question with a number, an answer with the same one.

/**
 * Answers the questions that the parent asks. Without a parent there is nothing left to do.
 * @param {Record<string, (given: any) => unknown>} answers
 */
export function answer(answers) {
  process.on('message', async ({ seq, ask, given }) => tell({ seq, value: await answers[ask](given) }))
  process.on('disconnect', () => process.exit(0))
}

/** Says something unasked. */
export function tell(message) {
  // The parent may be gone, which `disconnect` deals with.
  if (process.connected) process.send(message, () => {})
}
