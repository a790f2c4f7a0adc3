/** Makes a value at its first use, and keeps it. For values that take long to make and few isolates need. */
export function lazy<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
