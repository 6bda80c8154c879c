/** The words of the login. */
export default {} as const;
