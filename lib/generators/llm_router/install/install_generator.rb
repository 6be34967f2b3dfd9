# frozen_string_literal: true

# An app without Active Record gets the initializer alone.
require "rails/generators/active_record/migration" if defined?(ActiveRecord::Railtie)

class LlmRouter
  # Where Rails looks for generators.
  # @api private
  module Generators
    # +rails generate llm_router:install+
    # @api private
    class InstallGenerator < Rails::Generators::Base
      include ActiveRecord::Generators::Migration if defined?(ActiveRecord::Railtie)

      source_root File.expand_path("templates", __dir__)
      class_option :skip_budget, type: :boolean, default: false, desc: "Leave out the LlmBudget model and its migration"
      class_option :database, type: :string, aliases: "--db", desc: "The migration's, if there are several"

      # Existing files are not changed.
      def create_initializer
        template "initializer.rb.tt", "config/initializers/llm_router.rb", skip: true
      end

      def create_budget
        return unless budget?

        copy_file "llm_budget.rb.tt", "app/models/llm_budget.rb", skip: true
        migration_template "create_llm_budgets.rb.tt", File.join(db_migrate_path, "create_llm_budgets.rb"), skip: true
        migration_template "create_llm_record.rb.tt", File.join(db_migrate_path, "create_llm_record.rb"), skip: true
      end

      def say_what_is_next
        return if behavior == :revoke

        say ERB.new(File.read(find_in_source_paths("next_steps.tt")), trim_mode: "-").result(binding)
      end

      private

      def budget?
        !options[:skip_budget] && self.class.include?(Rails::Generators::Migration)
      end

      def primary_key
        ", id: :#{primary_key_type}" if primary_key_type
      end

      def budget_key
        ", type: :#{primary_key_type}" if primary_key_type
      end

      def primary_key_type
        Rails.configuration.generators.options.dig(:active_record, :primary_key_type) if Rails.application
      end
    end
  end
end
