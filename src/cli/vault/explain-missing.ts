/** Why an object is missing, from the library: in a file of its own, which a command loads when that has happened. */
export { explainMissing } from '../../index.ts';
