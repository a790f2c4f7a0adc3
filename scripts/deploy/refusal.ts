/** A reason not to deploy, in words for the operator: what is so, and what to do. Nothing has been changed by then. */
export class Refused extends Error {
  override readonly name = "Refused";
}
