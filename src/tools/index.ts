import type { Tool } from './define-tool.ts';
import { findCustomerByAlias } from './find-customer-by-alias.ts';
import { listCustomerAliases } from './list-customer-aliases.ts';

/** Every tool, in the order of `tools/list`. */
export const TOOLS: readonly Tool[] = [findCustomerByAlias, listCustomerAliases];
