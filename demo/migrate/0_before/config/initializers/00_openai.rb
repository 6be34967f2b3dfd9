# frozen_string_literal: true

require Rails.root.join("vendor/openai")
