/**
 * The value of `work`, or an error if it takes longer than `milliseconds`. The late work is not stopped. Throws the
 * errors of `work`.
 */
export async function withDeadline<Value>(work: () => Promise<Value>, milliseconds: number): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
