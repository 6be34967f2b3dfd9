# frozen_string_literal: true

class LlmRouter
  # Where the app runs: in production, in development, in a test.
  # @api private
  module Environment
    module_function

    # @return [String] that of Rails, where there is one
    def name
      Hooks.run(:environment) || ENV["RAILS_ENV"] || ENV["RACK_ENV"] || "development"
    end

    # @return [Boolean]
    def test?
      name == "test"
    end
  end
end
