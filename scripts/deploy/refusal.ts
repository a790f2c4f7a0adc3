/** A reason not to deploy, or not to go on, in words for the operator: what is so, and what to do. */
export class Refused extends Error {
  override readonly name = "Refused";
}
