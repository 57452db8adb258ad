import type { FastifySchemaCompiler, FastifySerializerCompiler } from "fastify";
import type { z } from "zod";
import { explain, fieldNames } from "../intake/item.ts";
import { ApiProblem } from "./errors.ts";

/** Parses parameters and bodies; what it says of them names fields of ours and repeats nothing. */
export const validate: FastifySchemaCompiler<z.ZodType> = ({ schema }) => {
  const names = fieldNames(schema);
  return (data) => {
    const { success, data: value, error } = schema.safeParse(data);
    return success ? { value } : { error: new ApiProblem("Invalid", explain(error.issues, names)) };
  };
};

/** For bodies that are parsed item by item: their schema is there to be read in the document. */
export const validateLater: FastifySchemaCompiler<unknown> = () => (data) => ({ value: data });

/** Answers are typed where they are made; parsing each again would cost as much as making it. Tests hold them to their schemas. */
export const serialize: FastifySerializerCompiler<unknown> = () => (data) => JSON.stringify(data);
