/**
 * The library of signatures. Loaded when the first JWT or proof of possession comes: it would take a part of every
 * start, and many servers never need it.
 */
export const jose = () => import("jose");
