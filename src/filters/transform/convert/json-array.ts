/** The brackets and commas of a JSON array that is written an item at a time. */
export class JsonArray {
  #any = false

  /** An item, with what stands in front of it. */
  item(json: string): string {
    const before = this.#any ? ',' : '['
    this.#any = true
    return before + json
  }

  end(): string {
    return this.#any ? ']' : '[]'
  }
}
