-- How an answer ended: by itself, by the owner's hand, or because the model failed after its first words.
ALTER TABLE chat_messages ADD COLUMN ended TEXT NOT NULL DEFAULT 'whole' CHECK (ended IN ('whole', 'stopped', 'failed'));
