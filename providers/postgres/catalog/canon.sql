-- Answers questions that only the server can: each builds something, asks how the server prints it, and takes it back.
-- Questions come in groups that share a setup (a table with the columns that the expressions mention); a group or a
-- question that fails answers with its error and harms no other. Every block ends by an exception, so that nothing is
-- left, no lock stays held, and any number of questions fits into one transaction.
DO $tellr$
DECLARE
  g       jsonb;
  q       jsonb;
  answer  text;
  answers jsonb[] := '{}';
  before  int;
BEGIN
  FOR g IN SELECT value FROM jsonb_array_elements(current_setting('tellr.questions')::jsonb) LOOP
    before := cardinality(answers);
    BEGIN
      IF g->>'setup' <> '' THEN
        EXECUTE g->>'setup';
      END IF;
      FOR q IN SELECT value FROM jsonb_array_elements(g->'asks') LOOP
        BEGIN
          IF q->>'do' <> '' THEN
            EXECUTE q->>'do';
          END IF;
          EXECUTE q->>'get' INTO answer;
          RAISE EXCEPTION USING ERRCODE = 'TL000';
        EXCEPTION
          WHEN SQLSTATE 'TL000' THEN answers := answers || jsonb_build_object('text', answer);
          WHEN OTHERS THEN answers := answers || jsonb_build_object('error', SQLERRM);
        END;
      END LOOP;
      RAISE EXCEPTION USING ERRCODE = 'TL000';
    EXCEPTION
      WHEN SQLSTATE 'TL000' THEN NULL;
      WHEN OTHERS THEN
        answers := answers[1:before];
        FOR i IN 1 .. jsonb_array_length(g->'asks') LOOP
          answers := answers || jsonb_build_object('error', SQLERRM);
        END LOOP;
    END;
  END LOOP;
  PERFORM set_config('tellr.answers', to_jsonb(answers)::text, true);
END
$tellr$;
SELECT current_setting('tellr.answers');
