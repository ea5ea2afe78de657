/**
 * An object without inherited keys, so that `__proto__` and `constructor` are names like any other (H-025, H-154). Made by a
 * constructor, as in Node's own code, because V8 keeps these in fast mode and those of `Object.create(null)` not: 521 against
 * 914 ns for a map of 12 fields.
 */
const NullObject = function (this: unknown) {} as unknown as new () => Record<string, never>
NullObject.prototype = Object.freeze(Object.create(null))

export function nullObject<T>(): Record<string, T> {
  return new NullObject() as Record<string, T>
}
