# frozen_string_literal: true

# Customers' messages, with the replies that are drafted for them.
class CreateMessages < ActiveRecord::Migration[6.1]
  def change
    create_table :organizations do |t|
      t.string :name, null: false
    end

    create_table :messages do |t|
      t.references :organization, null: false
      t.text :body, null: false
      t.text :suggested_reply
    end
  end
end
