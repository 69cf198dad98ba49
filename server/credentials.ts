/**
 * A text in which what stands between a user's name and `@` is not shown: `admin:…@10.0.0.5`. Whoever writes a password
 * into an address by habit is not to read it again in a log.
 */
export const withoutCredentials = (text: string): string =>
  text.replace(/((?:[a-z][a-z\d+.-]*:\/\/)?[^\s:@/'"`]*):(?!\s|\/\/)[^\n]*@/giu, "$1:…@");
