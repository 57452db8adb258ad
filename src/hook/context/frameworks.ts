export type ProjectKind = "node" | "python" | "rust" | "go";

const same = (...names: string[]): (readonly [string, string])[] => names.map((name) => [name, name]);

/** A dependency's name, and what people call what it brings. */
export const FRAMEWORKS: Readonly<Record<ProjectKind, readonly (readonly [string, string])[]>> = {
  node: [
    ...same("react", "vue", "svelte", "next", "nuxt", "astro", "express", "fastify", "koa", "hono", "electron"),
    ...same("typescript", "vite", "vitest", "jest", "prisma", "tailwindcss", "langchain"),
    ["@angular/core", "angular"],
    ["@nestjs/core", "nestjs"],
    ["@remix-run/react", "remix"],
    ["react-native", "react-native"],
    ["@playwright/test", "playwright"],
  ],
  python: [
    ...same("django", "flask", "fastapi", "pydantic", "sqlalchemy", "celery", "numpy", "pandas", "scikit-learn"),
    ...same("torch", "tensorflow", "transformers", "pytest", "langchain"),
  ],
  rust: same("tokio", "axum", "actix-web", "rocket", "serde", "sqlx", "diesel", "bevy", "tauri"),
  go: [
    ["github.com/gin-gonic/gin", "gin"],
    ["github.com/labstack/echo", "echo"],
    ["github.com/gofiber/fiber", "fiber"],
    ["github.com/spf13/cobra", "cobra"],
    ["gorm.io/gorm", "gorm"],
    ["google.golang.org/grpc", "grpc"],
    ["sigs.k8s.io/controller-runtime", "controller-runtime"],
  ],
};
