import type { Tool } from './define-tool.ts';
import { findCustomerByAlias } from './find-customer-by-alias.ts';
import { listCustomerAliases } from './list-customer-aliases.ts';

/** Every tool, in the order in which a model reads them. The server, the build, the docs and the tests read this list. */
export const TOOLS: readonly Tool[] = [findCustomerByAlias, listCustomerAliases];
